// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/run/stage.hpp"
#include "stages/common/cluster_table.hpp"
#include "stages/common/particle_store.hpp"
#include "stages/common/voxelize_section.hpp"
#include "stages/moments/moments_file.hpp"

namespace setsz {

/// Everything that the body of the stage needs; plain data.
struct MomentsTask {
  std::string clusters, particles;  ///< product names
  MomentSettings settings;
  VoxelizeOptions cube;  ///< the lattice is that of pressure.h5
};

/// The body of the stage moments: computes cluster after cluster and writes moments.h5 on the way.
///
/// Owners are contiguous ranges of clusters of equal cost. A rank holds one cluster's particles and
/// a batch of finished clusters. Those go into the journal and into the file; a resumed run copies
/// the journal into a new file and computes the rest.
class MomentsRun {
 public:
  /// Collective.
  MomentsRun(MomentsTask const& task, Context& context);

  /// Collective.
  void go();

 private:
  CubeLattice lattice(std::int64_t row) const;
  void check_inputs() const;
  void describe();
  void deal();
  void restore();
  std::int64_t step(std::int64_t done);
  MomentRows compute(std::int64_t row) const;
  void note_figures() const;

  MomentsTask const& task_;
  Context& context_;
  Comm const& comm_;
  std::int64_t batch_bytes_;
  ClusterTable clusters_;
  std::optional<ParticleStore> store_;
  MomentTable table_;
  std::optional<MomentFileWriter> file_;
  std::vector<double> cost_;        ///< of every cluster [s]
  std::vector<std::int64_t> todo_;  ///< rows that are left, ascending
  Range mine_;                      ///< in todo_, what this rank has still to do
};

}  // namespace setsz
