// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "pipeline/base/comm.hpp"
#include "pipeline/run/journal.hpp"
#include "pipeline/run/run_options.hpp"
#include "stages/common/cluster_table.hpp"
#include "stages/common/streamed_mass.hpp"
#include "stages/voxelize/cube_search.hpp"
#include "stages/voxelize/pressure_cube.hpp"

namespace setsz {

/// What decides the owners of cubes: gas cells go with mass, memory with the number of cubes.
std::vector<double> cube_costs(ClusterTable const& table);

/// Takes gas balls to the ranks that own the cubes they touch, and adds them up there. Owners are
/// contiguous ranges of clusters; a cube gets its balls in the order of the ranks that bring them,
/// then in the order in which each brings them.
class CubeGatherer {
 public:
  /// The same arguments on all ranks. \param cost  expected work by cube, decides the owners
  CubeGatherer(Comm const& comm, PeriodicBox box, std::vector<Cube> cubes,
               std::span<double const> cost, std::int64_t n_voxels);

  /// Local: notes a ball for every owner of a cube that it touches.
  void capture(GasBall const& ball);
  /// Of all gas that was read, whether it touches a cube or not.
  StreamedMass& streamed() { return streamed_; }
  /// Collective: what was captured since goes to the owners and into their cubes.
  void deliver();

  Range owned() const { return owned_; }
  /// \pre owned().contains(cube)
  PressureCube const& cube(std::int64_t cube) const { return owned_cubes_[cube - owned_.first]; }
  /// Balls this rank has put into its cubes, each counted once a cube.
  std::int64_t n_deposits() const { return n_deposits_; }

  /// Collective: the state of all cubes, as a new generation of the journal.
  void save(Journal& journal, std::int64_t position) const;
  /// Collective: back from the journal, whatever number of ranks has written it.
  void restore(Journal const& journal);

  /// Slices that a rank reads in a turn. The gas of one cluster lies together in many snapshots: at
  /// the worst one owner gets all that all ranks read.
  /// \param slice_rows  of a slice of gas
  static std::int64_t slices_of_a_rank(RunOptions const& options, std::int64_t slice_rows,
                                       int n_ranks);
  /// Bytes of working memory for a row of a slice as it is read.
  static constexpr double bytes_per_row = 80;
  /// Bytes that a rank holds for each cube it owns.
  static double bytes_per_cube(std::int64_t n_voxels);

 private:
  std::size_t owner_of(std::int64_t cube) const;
  /// Of the journal's record of the mass; others have the number of their cube.
  std::int64_t unit_of_streamed() const { return std::ssize(cubes_); }

  Comm comm_;
  std::vector<Cube> cubes_;
  std::vector<std::int64_t> boundaries_;
  Range owned_;
  std::int64_t n_voxels_;
  CubeSearch search_all_, search_owned_;
  BallOverlap overlap_;
  std::vector<PressureCube> owned_cubes_;
  std::vector<std::vector<GasBall>> outgoing_;  ///< by owner
  StreamedMass streamed_;
  std::int64_t n_deposits_ = 0;
};

}  // namespace setsz
