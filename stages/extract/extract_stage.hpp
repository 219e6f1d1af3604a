// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <vector>

#include "model/network_options.hpp"
#include "pipeline/run/stage.hpp"
#include "stages/common/blueprint.hpp"
#include "stages/common/cluster_table.hpp"
#include "stages/common/sections.hpp"

namespace setsz {

class ParticleGatherer;
class Snapshot;
class Thinning;
struct ClusterProperties;
struct KeptParticle;
struct SnapshotHeader;

/// [extract]: how far around a cluster its particles are kept.
///
/// The local spheres of every model in the configuration are complete, without a word here.
struct ExtractOptions {
  static constexpr std::string_view section = "extract";
  static constexpr std::string_view help = "dark matter particles around each cluster";
  double radius_r200 = 2.5;
  double local_radius_ckpch = 0;   ///< at least
  double local_radius_r200 = 0;    ///< no key: that of the models
  double mass_agreement = 0.1;     ///< of particles and catalogue, a fraction
  double particle_mass_msunh = 0;  ///< thins the particles out, see Thinning; 0: all
  enum class Implausible { refuse, warn };
  Implausible implausible_particles = Implausible::refuse;
  void declare(OptionList& options);
  void validate() const {}

  /// Takes the largest local radius of the models.
  void include(NetworkOptions const& network);
  /// Radius of the local spheres that must be complete for targets within 2 R200 [ckpc/h].
  double local_radius(Cluster const& cluster) const;
  /// Radius of the sphere of particles: max(radius, 2 R200 + local radius) [ckpc/h].
  double sphere_radius(Cluster const& cluster) const;
};

/// Cuts the dark matter of every cluster out of the snapshot: extract/<snapshot>/particles.h5.
///
/// The snapshot is streamed in fixed slices, dealt out to the ranks in turn. Each particle goes to
/// the owners of the spheres it lies in; owners sort, sum up the cluster's scalars and vectors,
/// and write together. Memory per rank: the budget and what its clusters keep (36 bytes a
/// particle).
class ExtractStage : public Stage {
 public:
  ExtractStage(Blueprint const& blueprint, SnapshotInstance instance);

  void preflight(Comm const& comm, Outlook& outlook) const override;
  Estimate estimate(Outlook const& outlook, int n_ranks) const override;
  void run(Context& context) override;

 private:
  /// What the summary says of a cluster. All ranks get that of all clusters: it must be small.
  struct Finding {
    double mass_within_r200, dispersion, drift;
    bool mass_disagrees, computed_velocity, computed_momentum, computed_xoff, computed_voff;
  };

  Thinning thinning_of(SnapshotHeader const& header) const;
  void stream(Context& context, ClusterTable const& table, Snapshot const& snapshot,
              Thinning const& thinning, ParticleGatherer& gatherer) const;
  ClusterProperties describe(std::vector<KeptParticle>& particles, Cluster const& cluster, double a,
                             Thinning const& thinning) const;
  void finish(Context& context, ClusterTable const& table, Thinning const& thinning,
              ParticleGatherer& gatherer) const;
  void summarize(Context& context, ClusterTable const& table, Thinning const& thinning,
                 std::vector<std::int64_t> const& counts,
                 std::vector<ClusterProperties> const& owned) const;
  void note_thinning(Context& context, Thinning const& thinning, std::int64_t n_kept,
                     std::int64_t n_left_out) const;
  void compare_masses(Context& context, ClusterTable const& table,
                      std::vector<Finding> const& findings) const;
  void judge(ClusterTable const& table, Thinning const& thinning,
             std::vector<Finding> const& findings) const;

  SnapshotInstance instance_;
  ExtractOptions options_;
  std::int64_t seed_;
  std::string run_directory_;
};

/// One instance for every snapshot.
void add_extract_stages(Blueprint const& blueprint, StageList& stages);

}  // namespace setsz
