// SPDX-License-Identifier: BSD-3-Clause
#include "tests/bench/scaling.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "pipeline/base/comm.hpp"
#include "pipeline/base/number.hpp"
#include "stages/common/slice_order.hpp"
#include "stages/extract/captured.hpp"
#include "stages/extract/extract_work.hpp"
#include "stages/halos/halo_layer_work.hpp"
#include "stages/predict/work_items.hpp"
#include "stages/sky/sky_canvas.hpp"

namespace setsz::scaling {

void Replay::send(int from, int to, double bytes, std::int64_t exchanges) {
  if (from == to || bytes <= 0) return;
  auto const pieces = static_cast<std::int64_t>(
      std::ceil(bytes / real(exchanges) / real(Comm::max_bytes_per_call)));
  ranks[from].messages += pieces * exchanges;
  ranks[from].sent += bytes;
  ranks[to].received += bytes;
}

Load Replay::largest() const {
  Load most;
  for (auto const& rank : ranks)
    most = {std::max(most.messages, rank.messages), std::max(most.sent, rank.sent),
            std::max(most.received, rank.received)};
  return most;
}

Load Replay::mean() const {
  Load sum;
  for (auto const& rank : ranks)
    sum = {sum.messages + rank.messages, sum.sent + rank.sent, sum.received + rank.received};
  auto const n = std::ssize(ranks);
  return {sum.messages / n, sum.sent / real(n), sum.received / real(n)};
}

std::int64_t Files::file_of(Vec3 const& position, double box) const {
  std::int64_t file = 0;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    auto const along = static_cast<std::int64_t>(position[axis] / box * bricks[axis]);
    file = file * bricks[axis] + std::min<std::int64_t>(along, bricks[axis] - 1);
  }
  return file;
}

namespace {

/// What a row of each file brings to which owner, in the mean [bytes].
using Yield = std::vector<std::map<int, double>>;

Yield yields(Extraction const& what, int n_ranks) {
  auto const boundaries = balanced_boundaries(what.expected, n_ranks);
  double const rows_per_file = real(what.n_rows) / real(what.files.n());
  Yield yield(static_cast<std::size_t>(what.files.n()));
  for (int owner = 0; owner < n_ranks; ++owner)
    for (auto row = boundaries[owner]; row < boundaries[owner + 1]; ++row) {
      auto const& position = what.table.clusters[row].position;
      yield[what.files.file_of(position, what.table.box_ckpch)][owner] +=
          what.captured[row] * sizeof(CapturedParticle) / rows_per_file;
    }
  return yield;
}

}  // namespace

Replay replay(Extraction const& what, int n_ranks) {
  Replay result(n_ranks);
  auto const yield = yields(what, n_ranks);
  SliceOrder const order(what.n_rows, what.slice_rows);
  double largest_step = 0;
  std::vector<double> incoming(n_ranks);
  for (std::int64_t done = 0; done < order.n_slices(); done += n_ranks) {
    std::ranges::fill(incoming, 0);
    auto const for_each_message = [&](auto const& visit) {
      for (int rank = 0; rank < n_ranks && done + rank < order.n_slices(); ++rank) {
        std::int64_t const first = (done + rank) * what.slice_rows;
        Range const rows = what.in_file_order
                               ? Range{first, std::min(first + what.slice_rows, what.n_rows)}
                               : order.rows(done + rank);
        auto const file =
            static_cast<std::size_t>(real(rows.first) / real(what.n_rows) * real(what.files.n()));
        for (auto const& [owner, bytes] : yield[file])
          if (owner != rank) visit(rank, owner, bytes * real(rows.size()));
      }
    };
    for_each_message([&](int, int owner, double bytes) { incoming[owner] += bytes; });
    double const most = *std::ranges::max_element(incoming);
    // As ParticleGatherer::deliver cuts it.
    auto const pieces = std::max<std::int64_t>(
        1, static_cast<std::int64_t>(std::ceil(most / (what.memory_bytes / 4))));
    for_each_message(
        [&](int rank, int owner, double bytes) { result.send(rank, owner, bytes, pieces); });
    result.count();
    result.reductions += 2;
    double all = 0;
    for (double const bytes : incoming) all += bytes;
    if (all > largest_step) result.crowding = most / all * n_ranks;
    largest_step = std::max(largest_step, all);
  }
  return result;
}

Replay replay_prediction(std::vector<std::int64_t> const& n_voxels, std::int64_t block_voxels,
                         std::int64_t state_bytes, int n_ranks) {
  Replay result(n_ranks);
  WorkItems const items(n_voxels, block_voxels);
  ItemsLeft const dealt(items, {}, n_ranks);
  std::int64_t first = 0, most_rounds = 0;
  for (int owner = 0; owner < n_ranks; ++owner) {
    std::int64_t const last = first + dealt.share(owner);
    most_rounds = std::max(most_rounds, dealt.share(owner));
    std::map<int, std::int64_t> of_writer;  // items
    for (auto number = first; number < last;) {
      auto const cube = items[number].cube;
      auto end = number;
      while (end < last && items[end].cube == cube) ++end;
      int writer = static_cast<int>(cube * n_ranks / std::ssize(n_voxels));
      while (even_range(std::ssize(n_voxels), writer, n_ranks).last <= cube) ++writer;
      while (even_range(std::ssize(n_voxels), writer, n_ranks).first > cube) --writer;
      double const voxels = real(items.voxels_before(end) - items.voxels_before(number));
      auto& n = of_writer[writer];
      n += end - number;
      if (owner != writer) {
        result.ranks[owner].sent += 4 * voxels + real((8 + state_bytes) * (end - number));
        result.ranks[writer].received += 4 * voxels + real((8 + state_bytes) * (end - number));
      }
      number = end;
    }
    for (auto const& [writer, n] : of_writer)
      if (writer != owner) result.ranks[owner].messages += 3;  // numbers, states, values
    first = last;
  }
  result.count(3);
  result.reductions = most_rounds;
  return result;
}

Replay replay_sky(std::vector<SeenHalo> const& sample, double n_images, std::int64_t nside,
                  int n_ranks) {
  Replay result(n_ranks);
  SkyCanvas const canvas(SkyGrid(RingGeometry(nside)), 0, n_ranks);
  constexpr double images_per_turn = 1 << 16;  // HaloSet::images_per_turn
  double const turns = std::ceil(n_images / images_per_turn / n_ranks);
  std::vector<double> images(n_ranks, 0);
  double const each = n_images / real(sample.size());
  for (auto const& halo : sample)
    canvas.for_each_rank(canvas.touched(halo.seen, halo.reach),
                         [&](int rank) { images[rank] += each; });
  // Places are dealt evenly, and have nothing to do with where they are seen.
  for (int from = 0; from < n_ranks; ++from)
    for (int to = 0; to < n_ranks; ++to)
      result.send(from, to, images[to] * sizeof(HaloImage) / n_ranks,
                  static_cast<std::int64_t>(turns));
  double all = 0;
  for (double const n : images) all += n;
  result.crowding = *std::ranges::max_element(images) / all * n_ranks;
  result.count(static_cast<std::int64_t>(turns));
  result.reductions = 2 * static_cast<std::int64_t>(turns);
  return result;
}

}  // namespace setsz::scaling
