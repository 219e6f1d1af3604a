// SPDX-License-Identifier: BSD-3-Clause
#include "model/lane_sum.hpp"
#include "pipeline/base/number.hpp"

#include <algorithm>
#include <cassert>
#include <numeric>

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

/// The first n numbers of a buffer that grows, and is kept from step to step.
std::span<float> first_of(std::vector<float>& buffer, std::int64_t n) {
  if (std::ssize(buffer) < n) buffer.resize(n);
  return std::span(buffer).first(n);
}

}  // namespace

LaneSum::LaneSum(Comm const& comm, std::int64_t n_parameters)
    : comm_(comm), n_parameters_(n_parameters) {}

void LaneSum::begin(std::int64_t n_own) {
  lanes_of_rank_ = comm_.all_gather(n_own);
  auto const own = lanes_of_rank_.begin() + comm_.rank();
  auto const first = std::accumulate(lanes_of_rank_.begin(), own, std::int64_t{0});
  own_ = {first, first + n_own};
  n_lanes_ = std::accumulate(own, lanes_of_rank_.end(), first);
  first_of(own_rows_, n_own * n_parameters_);
}

template <class Visit>
void LaneSum::each_slice(std::int64_t lane, Visit&& visit) {
  assert(own_.contains(lane));
  for (int rank = 0; rank < comm_.size(); ++rank) {
    Range const part = slice(rank);
    auto const first = own_.size() * part.first + (lane - own_.first) * part.size();
    visit(own_rows_.begin() + first, part);
  }
}

void LaneSum::put_gradient(std::int64_t lane, std::span<float const> gradient) {
  each_slice(lane, [&](auto row, Range part) {
    std::copy_n(gradient.begin() + part.first, part.size(), row);
  });
}

void LaneSum::add_gradient(std::int64_t lane, std::span<float const> gradient) {
  each_slice(lane, [&](auto row, Range part) {
    for (std::int64_t i = 0; i < part.size(); ++i) row[i] += gradient[part.first + i];
  });
}

void LaneSum::sum_gradients(std::span<float> sum) {
  std::span<float const> const own_rows = first_of(own_rows_, own_.size() * n_parameters_);
  if (comm_.size() == 1) {
    add_rows(own_rows, n_lanes_, sum);
    return;
  }
  Range const own_slice = slice(comm_.rank());
  std::vector<std::int64_t> sent, received, slices;
  for (int rank = 0; rank < comm_.size(); ++rank) {
    slices.push_back(slice(rank).size());
    sent.push_back(own_.size() * slices.back());
    received.push_back(lanes_of_rank_[rank] * own_slice.size());
  }
  // Ranks hold ascending lanes: what arrives in rank order is in lane order.
  auto const rows = first_of(rows_, n_lanes_ * own_slice.size());
  comm_.all_to_all_known(own_rows, sent, received, rows);
  auto const part = first_of(own_rows_, own_slice.size());  // what was sent is needed no more
  add_rows(rows, n_lanes_, part);
  comm_.all_gather_known(std::span<float const>(part), slices, sum);
}

}  // namespace setsz
