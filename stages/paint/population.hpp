// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/gnfw.hpp"
#include "pipeline/run/options.hpp"
#include "stages/common/cluster_table.hpp"
#include "stages/common/cube_file.hpp"
#include "stages/common/sections.hpp"
#include "stages/paint/parcels.hpp"
#include "stages/paint/partition.hpp"
#include "stages/paint/profile_family.hpp"

namespace setsz {

/// What stands for the gas of the selected clusters.
enum class ClusterSource {
  network,  ///< the predicted cubes
  gnfw,     ///< the flux-true profile within 2 R200
  none      ///< nothing: the fill alone (their spheres stay empty)
};

/// Which haloes are painted: keys that [paint] and [sky] share.
struct PopulationOptions {
  std::string model;  ///< of the map; see Axes::maps
  ClusterSource source = ClusterSource::network;
  bool fill = true;
  double fill_mass_min_msunh = 0;
  double fill_cut_r200 = 4;
  void declare(OptionList& options);
};

/// Where the products of one snapshot and model are: of its one network, or of the mean of several.
struct PopulationNames {
  std::string snapshot;
  std::string model;  ///< empty: no network
  Member member;
  std::vector<std::int64_t> seeds;  ///< of the networks behind it
  std::int64_t n_folds = 1;

  PopulationNames(Axes const& axes, std::string the_snapshot, std::string the_model);
  std::string prediction(std::int64_t fold) const;
  std::vector<std::string> networks() const;  ///< train/.../model.h5 of all folds and seeds
  std::vector<std::string> inputs(PopulationOptions const& options) const;
};

/// The haloes of one snapshot that are painted, and their gas. Local: every rank reads for itself.
///
/// Clusters have the cube of the fold that tests them. Profiles are the flux-true fit of fold 0,
/// with mass and redshift of the snapshot.
class Population {
 public:
  /// \param product  path of a product, Context::product
  Population(PopulationNames const& names, PopulationOptions const& options,
             std::function<std::string(std::string const&)> const& product);

  PopulationOptions const& options() const { return options_; }
  ClusterTable const& table() const { return table_; }
  Cluster const& cluster(std::int64_t row) const { return table_.clusters[row]; }
  NetworkSpheres const& spheres() const { return *spheres_; }

  /// Nothing of a cluster is painted farther from its centre [ckpc/h].
  double cluster_reach(std::int64_t row) const;
  /// \pre source is network
  SparseCube cube(std::int64_t row) const;
  /// \pre source is gnfw
  ProfileFamily const& cluster_family() const { return *cluster_family_; }
  ProfileFamily const& fill_family() const { return *fill_family_; }
  Claims claims_on_cluster(std::int64_t row) const;
  Claims claims_on_fill(FillHalo const& halo) const;

  /// Rows of halos.h5; 0 without fill.
  std::int64_t n_fill_rows() const { return n_fill_rows_; }
  /// The haloes of some rows that are massive enough.
  std::vector<FillHalo> fill(Range rows) const;

 private:
  void open_predictions(PopulationNames const& names,
                        std::function<std::string(std::string const&)> const& product);

  PopulationOptions options_;
  ClusterTable table_;
  std::vector<CubeFile> predictions_;  ///< by fold
  std::vector<std::int64_t> fold_of_;  ///< by row
  std::unique_ptr<NetworkSpheres> spheres_;
  std::unique_ptr<ProfileFamily> cluster_family_, fill_family_;
  std::string halos_path_;
  std::int64_t n_fill_rows_ = 0;
};

}  // namespace setsz
