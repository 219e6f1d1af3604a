// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/run/options.hpp"
#include "pipeline/run/outlook.hpp"
#include "stages/common/blueprint.hpp"
#include "stages/common/expected.hpp"
#include "stages/halos/cluster_sets.hpp"
#include "stages/halos/gas_density.hpp"
#include "stages/halos/halo_source.hpp"
#include "stages/halos/profile_choice.hpp"
#include "stages/halos/snapshot_clusters.hpp"

namespace setsz {

/// What stands for the gas of the selected clusters.
enum class ClusterGas {
  automatic,  ///< the network where the map has a model, else the profile
  network,    ///< the predicted cubes
  gnfw,       ///< the profile within 2 R200
  none        ///< nothing: the fill alone (their spheres stay empty)
};

/// Which haloes are painted, and with what: keys that [paint] and [sky] share.
struct PopulationOptions {
  std::string model;  ///< of the map; see Axes::maps
  ClusterGas source = ClusterGas::automatic;
  std::int64_t realisation = 0;  ///< of the model's predictions; 0: their mean
  std::string profile = "fit";
  bool skirt = true;
  bool fill = true;
  double fill_mass_min_msunh = 0;
  double fill_cut_r200 = 4;
  /// No key here: the density of the gas of all haloes, if the map shows it.
  PublishedDensity const* density = nullptr;
  /// No key here: each replica of a cluster draws its own sample with this seed, for realisation >
  /// 0; none: all show the one of that number.
  std::optional<std::uint64_t> draw_seed{};
  void declare(OptionList& options);
  /// What stands for the gas of the clusters. \param of_map  the map's model; empty: none
  ClusterGas gas(std::string const& of_map) const;
  /// Have haloes a profile?
  bool has_profiles(std::string const& of_map) const;
  /// Throws Error(config) for a key of the map that has no effect beside its others.
  void refuse_halo_keys(Configuration const& configuration, std::string const& section,
                        std::string const& of_map) const;
};

/// One set of haloes before it is opened.
struct HaloPlan {
  HaloKind kind;
  std::vector<std::string> products;  ///< that it reads beside clusters.h5
  bool cubes;                         ///< or profiles
  double cut_r200;                    ///< where its gas ends
  std::function<ExpectedFill(Outlook const&)> sizes;
  std::function<std::unique_ptr<HaloSet>(Comm const&, SnapshotClusters const&, ProductPath const&)>
      open;  ///< collective
};

/// The haloes of one snapshot that a map shows. What stands for their gas is decided here, once.
struct PopulationPlan {
  /// \param model  of the map; empty: no network
  PopulationPlan(Blueprint const& blueprint, SnapshotInstance const& instance,
                 std::string const& model, PopulationOptions const& options);

  std::string snapshot;
  std::vector<HaloPlan> sets;  ///< clusters, their skirts, the fill: what there is of them
  /// For headers; "none" where there is none.
  std::string source = "none", model = "none", member = "none", profile = "none";
  std::int64_t realisation = 0;            ///< 0: the gas of the clusters is not drawn
  std::int64_t n_samples = 0;              ///< from which each replica draws; 0: all show the same
  double reach_r200 = network_reach_r200;  ///< of the clusters, with their skirts
  PublishedDensity const* density;         ///< nothing: no field shows it
  /// The model files behind the cubes: products of this run, or of a model that comes trained.
  std::vector<std::string> networks, trained;
  std::vector<std::string> products;                ///< all that is read, but the networks
  std::function<std::vector<std::string>()> files;  ///< read from outside; see StageRecord::files

 private:
  CubeChoice plan_cubes(Axes const& axes, std::string const& the_model,
                        PopulationOptions const& options);
};

/// The haloes of one snapshot, opened. Clusters come first, the fill last.
class Population {
 public:
  /// Collective.
  Population(Comm const& comm, PopulationPlan const& plan, ProductPath const& product);

  ClusterTable const& table() const { return clusters_->table; }
  std::vector<std::unique_ptr<HaloSet>> const& sets() const { return sets_; }
  /// The flux corrections that the gas of the haloes contains, smallest and largest, for headers; 1
  /// where there is none.
  std::pair<double, double> flux_factors() const;
  /// Clusters whose cubes come from a model that has seen nothing like them.
  std::int64_t n_outside_training() const;
  /// Rows of clusters with cubes of which the mass of the particles disagrees with the catalogue.
  std::vector<std::int64_t> mass_disagrees() const;

 private:
  std::unique_ptr<SnapshotClusters> clusters_;
  std::vector<std::unique_ptr<HaloSet>> sets_;
};

}  // namespace setsz
