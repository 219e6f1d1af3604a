// SPDX-License-Identifier: BSD-3-Clause
#include "model/lane_sum.hpp"
#include "pipeline/base/number.hpp"

#include <algorithm>
#include <cassert>

namespace setsz {

namespace {

/// Adds rows of equal length in double, in their order.
void add_rows(std::span<float const> rows, std::int64_t n_rows, std::span<float> sum) {
  auto const n = sum.size();
  constexpr std::size_t block = 4096;
  std::vector<double> total(std::min(n, block));
  for (std::size_t first = 0; first < n; first += block) {
    std::size_t const count = std::min(block, n - first);
    std::fill_n(total.begin(), count, 0.0);
    for (std::size_t row = 0; row < static_cast<std::size_t>(n_rows); ++row)
      for (std::size_t i = 0; i < count; ++i) total[i] += real(rows[row * n + first + i]);
    for (std::size_t i = 0; i < count; ++i) sum[first + i] = single(total[i]);
  }
}

}  // namespace

LaneSum::LaneSum(Comm const& comm, int n_lanes, std::int64_t n_parameters)
    : comm_(comm), n_lanes_(n_lanes), n_parameters_(n_parameters) {}

int LaneSum::rank_of(int lane, int n_lanes, int n_ranks) {
  for (int rank = 0; rank < n_ranks; ++rank)
    if (even_range(n_lanes, rank, n_ranks).contains(lane)) return rank;
  fail(ExitCode::internal, "lane ", lane, " of ", n_lanes, " has no rank");
}

void LaneSum::add_gradients(std::span<float const> lanes, std::span<float> sum) const {
  auto const own = own_lanes().size();
  assert(std::ssize(lanes) == own * n_parameters_);
  if (comm_.size() == 1) {
    add_rows(lanes, own, sum);
    return;
  }
  int const adders = n_adders(n_lanes_, comm_.size());
  auto const slice_of = [&](int rank) {
    return rank < adders ? even_range(n_parameters_, rank, adders) : Range{};
  };
  std::vector<float> send;
  send.reserve(lanes.size());
  std::vector<std::int64_t> counts;
  for (int rank = 0; rank < comm_.size(); ++rank) {
    Range const slice = slice_of(rank);
    for (std::int64_t lane = 0; lane < own; ++lane) {
      auto const first = lanes.begin() + lane * n_parameters_;
      send.insert(send.end(), first + slice.first, first + slice.last);
    }
    counts.push_back(own * slice.size());
  }
  // Ranks hold ascending lanes: what arrives in rank order is in lane order.
  auto const rows = comm_.all_to_all_v(std::span<float const>(send), counts);
  std::vector<float> part(slice_of(comm_.rank()).size());
  add_rows(rows, n_lanes_, part);
  std::ranges::copy(comm_.all_gather_v(part), sum.begin());
}

}  // namespace setsz
