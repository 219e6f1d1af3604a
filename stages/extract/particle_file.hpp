// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "io/h5.hpp"
#include "stages/common/cluster_table.hpp"
#include "stages/extract/canonical_order.hpp"
#include "stages/extract/cluster_properties.hpp"

namespace setsz {

/// Where the particles and cells of every cluster lie in particles.h5; the same on all ranks.
struct ParticleFileLayout {
  std::vector<double> radius, local_radius;  ///< (n) [ckpc/h]
  std::vector<CellGrid> grid;                ///< (n)
  std::vector<std::int64_t> first_particle;  ///< (n + 1)
  std::vector<std::int64_t> first_cell;      ///< (n + 1), each cluster has cells^3 + 1 entries

  /// \param counts  particles of every cluster
  ParticleFileLayout(std::vector<std::int64_t> const& counts, std::vector<double> radii,
                     std::vector<double> local_radii);
};

/// Writes extract/<snapshot>/particles.h5, which stages/common/particle_store.hpp reads. All
/// functions are collective.
class ParticleFileWriter {
 public:
  /// \param particle_mass  [1e10 Msun/h], 0 if they differ
  ParticleFileWriter(Comm const& comm, std::string const& path, ClusterTable const& table,
                     ParticleFileLayout const& layout, double particle_mass);

  /// Writes consecutive clusters, each rank its own (or none).
  void write(std::int64_t first_cluster, std::span<OrderedParticles const> clusters);
  /// The properties of all clusters, each rank those it owns, in row order.
  void write_properties(std::span<ClusterProperties const> owned);
  void close() { file_.close(); }

 private:
  ParticleFileLayout const& layout_;
  H5File file_;
  std::vector<float> values_;  ///< of a batch: memory that is used again
};

}  // namespace setsz
