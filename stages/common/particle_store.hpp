// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "io/h5.hpp"
#include "model/columns.hpp"
#include "pipeline/base/vec3.hpp"
#include "stages/common/cluster_particles.hpp"

namespace setsz {

/// Reader of extract/<snapshot>/particles.h5. Local: holds the table of all clusters and the open
/// file; particles are read when they are asked for.
class ParticleStore {
 public:
  static constexpr std::int64_t format_version = 2;

  explicit ParticleStore(std::string const& path);

  std::int64_t n_clusters() const { return std::ssize(first_particle_) - 1; }
  /// Number of particles of a cluster, or of all. `cluster` is a row of clusters.h5.
  std::int64_t count(std::int64_t cluster) const {
    return first_particle_[at(cluster) + 1] - first_particle_[at(cluster)];
  }
  std::int64_t count() const { return first_particle_.back(); }
  /// Radius of the sphere of particles [ckpc/h].
  double radius(std::int64_t cluster) const { return radius_[at(cluster)]; }
  /// Radius of the local spheres for which the file was made: they are complete for all targets
  /// within 2 R200 [ckpc/h].
  double local_radius(std::int64_t cluster) const { return local_radius_[at(cluster)]; }
  /// Throws Error(config) if the local spheres of a cluster may lack particles at this radius.
  void require_local_spheres(std::int64_t cluster, double radius_ckpch) const;
  /// Names of what follows.
  ClusterColumns const& columns() const { return columns_; }
  /// Raw, in the order of columns().
  std::vector<double> const& scalars(std::int64_t cluster) const { return scalars_[at(cluster)]; }
  std::vector<Vec3> const& vectors(std::int64_t cluster) const { return vectors_[at(cluster)]; }
  /// (n_cluster_shells), see ClusterInput::shells.
  std::vector<Vec3> const& shells(std::int64_t cluster) const { return shells_[at(cluster)]; }
  /// Mass of the particles within R200 over M200 of the catalogue.
  double mass_within_r200(std::int64_t cluster) const { return mass_within_r200_[at(cluster)]; }
  /// Does it differ from 1 by more than [extract] mass_agreement?
  bool mass_disagrees(std::int64_t cluster) const { return mass_disagrees_[at(cluster)] != 0; }
  /// [1e10 Msun/h]; 0 if particles differ in mass.
  double particle_mass() const { return particle_mass_; }
  /// Mean over the particles of a cluster [1e10 Msun/h].
  double particle_mass(std::int64_t cluster) const { return particle_masses_[at(cluster)]; }

  ClusterParticles load(std::int64_t cluster) const;

 private:
  void read_cluster_columns();
  static std::size_t at(std::int64_t cluster) { return static_cast<std::size_t>(cluster); }

  H5File file_;
  std::vector<std::int64_t> first_particle_, first_cell_;
  std::vector<double> radius_, local_radius_, cell_edge_;
  std::vector<std::int32_t> cells_per_side_;
  ClusterColumns columns_;
  std::vector<std::vector<double>> scalars_;
  std::vector<std::vector<Vec3>> vectors_, shells_;
  std::vector<double> mass_within_r200_, particle_masses_;
  std::vector<std::uint8_t> mass_disagrees_;
  double particle_mass_ = 0;
};

}  // namespace setsz
