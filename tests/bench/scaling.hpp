// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "io/snapshots/particles.hpp"
#include "stages/common/cluster_table.hpp"

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

struct Extraction {
  ClusterTable const& table;
  std::vector<double> expected;  ///< particles of each cluster, as owners are balanced
  std::vector<double> captured;  ///< those that are there
  std::int64_t n_rows = 0, slice_rows = 0;
  double memory_bytes = 0;  ///< [run] memory_mb
  Files files{};
  bool in_file_order = false;  ///< as setsz read until 0.2.0
};
Replay replay(Extraction const& what, int n_ranks);

/// \param block_voxels  of an item
Replay replay_prediction(std::vector<std::int64_t> const& n_voxels, std::int64_t block_voxels,
                         std::int64_t state_bytes, int n_ranks);

/// Haloes on the sky, of which `images` are a sample.
struct SeenHalo {
  Vec3 seen;
  double reach;
};
Replay replay_sky(std::vector<SeenHalo> const& sample, double n_images, std::int64_t nside,
                  int n_ranks);

}  // namespace setsz::scaling
