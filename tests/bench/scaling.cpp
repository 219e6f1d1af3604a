// SPDX-License-Identifier: BSD-3-Clause
#include "tests/bench/scaling.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "model/lane_sum.hpp"
#include "pipeline/base/comm.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/ordered_sum.hpp"
#include "stages/catalog/hosts_work.hpp"
#include "stages/common/row_order.hpp"
#include "stages/common/slice_order.hpp"
#include "stages/fit/fit_work.hpp"
#include "stages/halos/halo_layer_work.hpp"
#include "stages/paint/gas_layer_work.hpp"
#include "stages/predict/work_items.hpp"
#include "stages/sky/sky_canvas.hpp"
#include "stages/train/training_data_work.hpp"

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
using Yields = std::vector<std::vector<std::pair<int, double>>>;

/// The bytes of one exchange, from rank by rank.
class Exchange {
 public:
  explicit Exchange(int n_ranks) : n_(static_cast<std::size_t>(n_ranks)), bytes_(n_ * n_, 0) {}
  void add(int from, int to, double bytes) { bytes_[n_ * from + to] += bytes; }
  /// Into a replay. What one rank gets decides in how many pieces it goes. \return all bytes, and
  /// the largest share of them that one rank gets, times the ranks
  std::pair<double, double> send(Replay& replay, double most_bytes) {
    std::vector<double> incoming(n_, 0);
    for (std::size_t from = 0; from < n_; ++from)
      for (std::size_t to = 0; to < n_; ++to)
        if (from != to) incoming[to] += bytes_[n_ * from + to];
    double const most = *std::ranges::max_element(incoming);
    auto const pieces =
        std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(most / most_bytes)));
    for (std::size_t from = 0; from < n_; ++from)
      for (std::size_t to = 0; to < n_; ++to)
        replay.send(static_cast<int>(from), static_cast<int>(to), bytes_[n_ * from + to], pieces);
    replay.count();
    std::ranges::fill(bytes_, 0);
    double all = 0;
    for (double const bytes : incoming) all += bytes;
    return {all, all > 0 ? most / all * real(n_) : 0};
  }

 private:
  std::size_t n_;
  std::vector<double> bytes_;
};

/// Sends an exchange, and keeps the crowding of the fullest.
class Exchanges {
 public:
  explicit Exchanges(int n_ranks) : now_(n_ranks) {}
  void add(int from, int to, double bytes) { now_.add(from, to, bytes); }
  void send(Replay& replay, double most_bytes = HUGE_VAL) {
    auto const [all, crowding] = now_.send(replay, most_bytes);
    if (all > fullest_) replay.crowding = crowding;
    fullest_ = std::max(fullest_, all);
  }

 private:
  Exchange now_;
  double fullest_ = 0;
};

/// Whose an item is when they are dealt evenly.
int rank_with(std::int64_t item, std::int64_t n_items, int n_ranks) {
  auto rank = static_cast<int>(item * n_ranks / n_items);
  while (even_range(n_items, rank, n_ranks).last <= item) ++rank;
  while (even_range(n_items, rank, n_ranks).first > item) --rank;
  return rank;
}

/// Calls visit(rows) for the slices that a rank reads in a turn.
template <class Visit>
void each_slice(Pass const& pass, std::int64_t done, int rank, int n_ranks, Visit&& visit) {
  SliceOrder const order(pass.n_rows, pass.slice_rows);
  if (pass.slices_of_a_rank > 0)
    return SliceTurns(order, pass.slices_of_a_rank).each(done, rank, n_ranks, visit);
  if (done + rank >= order.n_slices()) return;
  std::int64_t const first = (done + rank) * pass.slice_rows;
  visit(pass.in_file_order ? Range{first, std::min(first + pass.slice_rows, pass.n_rows)}
                           : order.rows(done + rank));
}

Replay replay(Pass const& pass, Yields const& yields, int n_ranks) {
  Replay result(n_ranks);
  Exchanges exchanges(n_ranks);
  auto const n_slices = SliceOrder(pass.n_rows, pass.slice_rows).n_slices();
  auto const a_turn = std::max<std::int64_t>(1, pass.slices_of_a_rank) * n_ranks;
  for (std::int64_t done = 0; done < n_slices; done += a_turn) {
    for (int rank = 0; rank < n_ranks; ++rank)
      each_slice(pass, done, rank, n_ranks, [&](Range rows) {
        auto const file =
            static_cast<std::size_t>(real(rows.first) / real(pass.n_rows) * real(pass.files.n()));
        for (auto const& [owner, bytes] : yields[file])
          exchanges.add(rank, owner, bytes * real(rows.size()));
      });
    exchanges.send(result, pass.most_bytes);
    result.reductions += pass.reductions;
    result.gathered += pass.gathered * n_ranks;
  }
  return result;
}

Yields listed(std::vector<std::map<int, double>> const& maps) {
  Yields yields;
  for (auto const& map : maps) yields.emplace_back(map.begin(), map.end());
  return yields;
}

}  // namespace

Replay replay(Pass const& pass, Capture const& what, int n_ranks) {
  auto const boundaries = balanced_boundaries(what.cost, n_ranks);
  double const rows_per_file = real(pass.n_rows) / real(pass.files.n());
  std::vector<std::map<int, double>> yields(static_cast<std::size_t>(pass.files.n()));
  for (int owner = 0; owner < n_ranks; ++owner)
    for (auto row = boundaries[owner]; row < boundaries[owner + 1]; ++row) {
      auto const& position = what.table.clusters[row].position;
      yields[pass.files.file_of(position, what.table.box_ckpch)][owner] +=
          what.captured[row] * pass.row_bytes / rows_per_file;
    }
  return replay(pass, listed(yields), n_ranks);
}

BoxCanvas empty_box(std::int64_t n_grid, double box_ckpch, int n_ranks) {
  auto planes = even_planes(n_grid, n_ranks);
  planes.push_back(n_grid);  // one more rank, without planes
  return {planes, n_ranks, box_ckpch};
}

Replay replay(Pass const& pass, OntoGrid const& what, int n_ranks) {
  auto const canvas = empty_box(what.n_grid, what.box_ckpch, n_ranks);
  constexpr int samples = 1 << 14;  // of x, in a brick
  std::vector<std::map<int, double>> yields(static_cast<std::size_t>(pass.files.n()));
  auto const files_across = pass.files.n() / pass.files.bricks[0];
  for (int brick = 0; brick < pass.files.bricks[0]; ++brick) {
    std::map<int, double> slab;
    for (int i = 0; i < samples; ++i) {
      double const x = (brick + (i + 0.5) / samples) / pass.files.bricks[0] * what.box_ckpch;
      canvas.for_each_rank(canvas.touched({x, 0, 0}, what.radius_ckpch),
                           [&](int rank) { slab[rank] += pass.row_bytes / samples; });
    }
    for (std::int64_t i = 0; i < files_across; ++i) yields[brick * files_across + i] = slab;
  }
  return replay(pass, listed(yields), n_ranks);
}

namespace {

/// Nothing but places.
class Places : public HaloSet {
 public:
  explicit Places(std::vector<SeenHalo> const& haloes) : haloes_(haloes) {}
  HaloKind kind() const override { return HaloKind::fill; }
  std::int64_t n_rows() const override { return std::ssize(haloes_); }
  std::vector<BoxHalo> read(Range rows) const override {
    std::vector<BoxHalo> halos;
    for (auto row = rows.first; row < rows.last; ++row) {
      auto const& [seen, reach] = haloes_[static_cast<std::size_t>(row)];
      halos.push_back({.row = row, .position = seen, .reach = reach});
    }
    return halos;
  }
  HaloGas gas_of(BoxHalo const&, Field const&) const override {
    fail(ExitCode::internal, "places have no gas");
  }

 private:
  std::vector<SeenHalo> const& haloes_;
};

}  // namespace

std::vector<SeenHalo> in_blocks(std::vector<SeenHalo> const& haloes, double each) {
  Places const places(haloes);
  BoxPlacement const placement;
  BoxReplicas const source(places, placement,
                           std::llround(real(BoxReplicas::rows_of_block) / each));
  std::vector<HaloImage> images;
  source.find_images({0, source.n_places()}, images);
  std::vector<SeenHalo> ordered;
  for (auto const& image : images) ordered.push_back({image.seen, image.halo.reach});
  return ordered;
}

Replay replay_images(Canvas const& canvas, std::vector<SeenHalo> const& haloes, double each,
                     std::int64_t images_of_a_rank, int n_ranks) {
  Replay result(n_ranks);
  Exchanges exchanges(n_ranks);
  double const n = each * real(haloes.size()), a_turn = real(images_of_a_rank) * n_ranks;
  std::size_t next = 0;
  for (double first = 0; first < n; first += a_turn) {
    double const last = std::min(first + a_turn, n);
    for (; next < haloes.size() && real(next) * each < last; ++next) {
      int const from = rank_with(std::llround(std::floor(real(next) * each - first)),
                                 std::llround(last - first), n_ranks);
      auto const& halo = haloes[next];
      canvas.for_each_rank(canvas.touched(halo.seen, halo.reach),
                           [&](int to) { exchanges.add(from, to, each * sizeof(HaloImage)); });
    }
    exchanges.send(result);
    result.reductions += 2;
  }
  return result;
}

Replay replay_meeting(std::vector<HaloSphere> const& haloes, double each, double box_ckpch,
                      int n_ranks) {
  Replay result(n_ranks);
  Exchanges exchanges(n_ranks);
  MeetingPlaces places(n_ranks, box_ckpch);
  for (int from = 0; from < n_ranks; ++from) {
    Range const own = even_range(std::ssize(haloes), from, n_ranks);
    for (auto i = own.first; i < own.last; ++i)
      for (auto const to : places.of(haloes[i], 1))
        exchanges.add(from, static_cast<int>(to), each * sizeof(HaloSphere));
  }
  exchanges.send(result);
  result.count(2);  // numbers for the way back, and the answers: a few ids
  return result;
}

Replay replay_sort(std::vector<std::vector<Cluster>> rows, double box_ckpch) {
  auto const n_ranks = static_cast<int>(rows.size());
  auto const before = [&](Cluster const& a, Cluster const& b) {
    return in_row_order(a.position, a.id, b.position, b.id, box_ckpch);
  };
  std::vector<Cluster> samples;
  for (int rank = 0; rank < n_ranks; ++rank) {
    auto& own = rows[static_cast<std::size_t>(rank)];
    std::ranges::sort(own, before);
    auto const some = border_samples(own, rank);
    samples.insert(samples.end(), some.begin(), some.end());
  }
  std::ranges::sort(samples, before);
  Replay result(n_ranks);
  Exchanges exchanges(n_ranks);
  for (int from = 0; from < n_ranks; ++from) {
    auto const counts = counts_by_part(rows[from], samples, rows.size(), before);
    for (int to = 0; to < n_ranks; ++to)
      exchanges.add(from, to, real(counts[to]) * sizeof(Cluster));
  }
  exchanges.send(result);
  result.gathered = real(samples.size()) * sizeof(Cluster);
  return result;
}

Replay replay_fit(std::int64_t n_clusters, std::int64_t n_points, int n_ranks) {
  Replay result(n_ranks);
  for (int from = 0; from < n_ranks; ++from) {
    auto const blocks = even_range(fit_blocks(n_clusters), from, n_ranks).size();
    result.send(from, 0, real(blocks * n_points) * sizeof(FoldedResiduals), n_points);
  }
  result.crowding = n_ranks;
  result.count(n_points);
  result.reductions = 2 * n_points;
  return result;
}

Replay replay_ordered_sum(std::int64_t n_rows, std::int64_t n_columns, int n_ranks) {
  Replay result(n_ranks);
  Exchanges exchanges(n_ranks);
  auto const most_rows = std::max<std::int64_t>(1, even_range(n_rows, n_ranks - 1, n_ranks).size());
  auto const at_once = std::max<std::int64_t>(n_ranks, ordered_sum_values / most_rows);
  for (std::int64_t first = 0; first < n_columns && n_ranks > 1; first += at_once) {
    auto const columns = std::min(at_once, n_columns - first);
    for (int from = 0; from < n_ranks; ++from)
      for (int to = 0; to < n_ranks; ++to)
        exchanges.add(from, to,
                      real(even_range(n_rows, from, n_ranks).size() *
                           even_range(columns, to, n_ranks).size()) *
                          sizeof(double));
    exchanges.send(result);
  }
  result.gathered = real(n_columns) * sizeof(double);
  return result;
}

/// LaneSum::sum_gradients of a step.
static void add_gradients(Training const& what, std::int64_t n_clusters, int n_ranks,
                          Exchanges& exchanges, Replay& result) {
  if (what.n_parameters == 0 || n_ranks == 1) return;
  auto const n_lanes = n_clusters * what.lanes_of_a_cluster;
  int const n_adders = LaneSum::n_adders(n_lanes, n_ranks);
  for (int from = 0; from < n_ranks; ++from)
    for (int to = 0; to < n_adders; ++to)
      exchanges.add(from, to,
                    real(even_range(n_lanes, from, n_ranks).size() *
                         even_range(what.n_parameters, to, n_adders).size()) *
                        sizeof(float));
  exchanges.send(result);
  result.count(-1);  // all have told each other how many lanes they have
  result.gathered += real(n_ranks) * sizeof(std::int64_t) + real(what.n_parameters) * sizeof(float);
}

Replay replay_training(Training const& what, int n_ranks) {
  Replay result(n_ranks);
  Exchanges exchanges(n_ranks);
  auto const boundaries = training_boundaries(what.particles, n_ranks);
  auto const owner = [&](std::int64_t row) {
    auto const next = std::upper_bound(boundaries.begin(), boundaries.end() - 1, row);
    return static_cast<int>(next - boundaries.begin()) - 1;
  };
  auto const n_steps = std::ssize(what.steps);
  for (std::int64_t first = 0; first < n_steps; first += what.drawn_at_once) {
    auto const last = std::min(first + what.drawn_at_once, n_steps);
    for (auto step = first; step < last; ++step) {
      auto const& rows = what.steps[step];
      auto const ranks = ranks_of_lanes(std::ssize(rows) * what.lanes_of_a_cluster, n_ranks);
      for (std::size_t lane = 0; lane < ranks.size(); ++lane)
        exchanges.add(owner(rows[lane / static_cast<std::size_t>(what.lanes_of_a_cluster)]),
                      ranks[lane], what.lane_bytes);
    }
    exchanges.send(result);
    for (auto step = first; step < last; ++step)
      add_gradients(what, std::ssize(what.steps[step]), n_ranks, exchanges, result);
  }
  return result;
}

Replay replay_prediction(std::vector<std::int64_t> const& n_voxels, std::int64_t block_voxels,
                         std::int64_t state_bytes, int n_ranks) {
  Replay result(n_ranks);
  WorkItems const items(n_voxels, block_voxels);
  ItemsLeft const dealt(items, {}, n_ranks);
  std::int64_t first = 0;
  for (int owner = 0; owner < n_ranks; ++owner) {
    std::int64_t const last = first + dealt.share(owner);
    std::map<int, std::int64_t> of_writer;  // items
    for (auto number = first; number < last;) {
      auto const cube = items[number].cube;
      auto end = number;
      while (end < last && items[end].cube == cube) ++end;
      int const writer = rank_with(cube, std::ssize(n_voxels), n_ranks);
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
  return result;
}

Replay replay_sky(std::vector<SeenHalo> const& sample, double n_images, std::int64_t nside,
                  int n_ranks, std::int64_t images_of_a_rank) {
  Replay result(n_ranks);
  SkyCanvas const canvas(SkyGrid(RingGeometry(nside)), 0, n_ranks);
  double const turns = std::ceil(n_images / real(images_of_a_rank) / n_ranks);
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
