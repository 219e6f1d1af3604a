// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "io/snapshots/particles.hpp"
#include "stages/catalog/hosts.hpp"
#include "stages/common/cluster_table.hpp"
#include "stages/paint/box_canvas.hpp"

// What the ranks of a run would send and hold, replayed without its data: owners, shares and turns
// come from the functions of the program, and only what they are asked is made up.
namespace setsz::scaling {

/// What one rank does in a stage.
struct Load {
  std::int64_t messages = 0;      ///< point to point, sent
  double sent = 0, received = 0;  ///< [bytes] in them
};

/// What a stage asks of the network.
struct Replay {
  explicit Replay(int n_ranks) : ranks(static_cast<std::size_t>(n_ranks)) {}

  /// Comm::all_to_all_v of one pair of ranks, of some exchanges that are alike.
  void send(int from, int to, double bytes, std::int64_t exchanges = 1);
  /// Comm::exchange_counts of an exchange; each rank has 8 bytes for every other.
  void count(std::int64_t exchanges = 1) { dense += exchanges; }
  Load largest() const;
  Load mean() const;

  std::vector<Load> ranks;
  std::int64_t dense = 0;       ///< MPI_Alltoall of a number for every rank
  std::int64_t reductions = 0;  ///< MPI_Allreduce of one number
  double gathered = 0;          ///< [bytes] that every rank gets of all
  /// Of one exchange, the largest share of its bytes that one rank gets, times the number of ranks:
  /// 1 where all get the same.
  double crowding = 0;
};

/// Rows of a snapshot in files of equal size, each of one brick of the box; within a file they have
/// no order.
struct Files {
  std::array<int, 3> bricks{1, 1, 1};
  std::int64_t n() const { return std::int64_t{bricks[0]} * bricks[1] * bricks[2]; }
  std::int64_t file_of(Vec3 const& position, double box) const;
};

/// A pass over a snapshot, turn by turn.
struct Pass {
  std::int64_t n_rows = 0, slice_rows = 0;
  /// Of a turn (SliceTurns); 0: one for each rank as far as there are any, as extract reads.
  std::int64_t slices_of_a_rank = 0;
  double row_bytes = 0;  ///< of one that travels
  /// That a rank gets in an exchange, at most: more goes in pieces (ParticleGatherer::deliver).
  double most_bytes = HUGE_VAL;
  std::int64_t reductions = 0;  ///< in a turn
  double gathered = 0;          ///< in a turn, for each rank [bytes]
  Files files{};
  bool in_file_order = false;  ///< as setsz read until 0.2.0
};

/// Rows that go to the owners of the clusters that hold them: extract, voxelize.
struct Capture {
  ClusterTable const& table;
  std::vector<double> cost;      ///< of each cluster, as owners are balanced
  std::vector<double> captured;  ///< rows that it gets
};
Replay replay(Pass const& pass, Capture const& what, int n_ranks);

/// Gas that goes to the owners of planes of a grid: paint, GasLayer.
struct OntoGrid {
  std::int64_t n_grid;
  double box_ckpch;
  double radius_ckpch;  ///< of the gas cells
};
Replay replay(Pass const& pass, OntoGrid const& what, int n_ranks);

/// \param block_voxels  of an item
Replay replay_prediction(std::vector<std::int64_t> const& n_voxels, std::int64_t block_voxels,
                         std::int64_t state_bytes, int n_ranks);

/// Images of haloes on a map, or a sample of them.
struct SeenHalo {
  Vec3 seen;
  double reach;
};
/// Haloes of a box as BoxReplicas goes through them. \param haloes  in the order of rows, each of
/// which stands for `each`
std::vector<SeenHalo> in_blocks(std::vector<SeenHalo> const& haloes, double each);
/// In the order of the places (HaloLayer); each stands for `each` of them.
Replay replay_images(Canvas const& canvas, std::vector<SeenHalo> const& haloes, double each,
                     std::int64_t images_of_a_rank, int n_ranks);
/// On the sky, in an order that has nothing to do with where they are seen.
Replay replay_sky(std::vector<SeenHalo> const& sample, double n_images, std::int64_t nside,
                  int n_ranks, std::int64_t images_of_a_rank = 1 << 16);
/// As many planes for each rank; for questions only: it holds none of them.
BoxCanvas empty_box(std::int64_t n_grid, double box_ckpch, int n_ranks);

/// inside_heavier of the catalogue. \param haloes  a sample in the order of the list; each stands
/// for `each`
Replay replay_meeting(std::vector<HaloSphere> const& haloes, double each, double box_ckpch,
                      int n_ranks);
/// sorted_over_ranks. \param rows  of each rank
Replay replay_sort(std::vector<std::vector<Cluster>> rows, double box_ckpch);

/// Points at which the optimiser of the fit asks all ranks (SharedResiduals).
Replay replay_fit(std::int64_t n_clusters, std::int64_t n_points, int n_ranks);

/// Sums of rows over the ranks (ordered_sum), in which each rank has an even share of them.
Replay replay_ordered_sum(std::int64_t n_rows, std::int64_t n_columns, int n_ranks);

/// Steps of a training: clusters draw their lanes, lanes their gradients.
struct Training {
  std::vector<double> particles;                 ///< of each row; 0 where it does not teach
  std::vector<std::vector<std::int64_t>> steps;  ///< rows
  std::int64_t drawn_at_once;                    ///< steps
  std::int64_t lanes_of_a_cluster;
  double lane_bytes;
  std::int64_t n_parameters;  ///< 0: lanes alone
};
Replay replay_training(Training const& what, int n_ranks);

}  // namespace setsz::scaling
