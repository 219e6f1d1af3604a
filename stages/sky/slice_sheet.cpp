// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/slice_sheet.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/base/dispatch.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {
namespace {

/// The integral of the hat max(0, 1 - |x|) up to x.
inline double hat_below(double x) {
  x = std::min(std::max(x, -1.0), 1.0);
  return 0.5 + x - 0.5 * x * std::abs(x);
}

/// shares[i] = factor times the hat of node floor(low[i]) + t over low[i] ... high[i].
SETSZ_DISPATCH
void hat_shares(double const* __restrict low, double const* __restrict high, std::int64_t n,
                double t, double factor, double* __restrict shares) {
  for (std::int64_t i = 0; i < n; ++i) {
    double const node = std::floor(low[i]) + t;
    shares[i] = factor * (hat_below(high[i] - node) - hat_below(low[i] - node));
  }
}

SETSZ_DISPATCH
void add_product(double const* __restrict a, double const* __restrict b, std::int64_t n,
                 double* __restrict sums) {
  for (std::int64_t i = 0; i < n; ++i) sums[i] += a[i] * b[i];
}

/// Adds multiples of a row to rows that follow each other.
SETSZ_DISPATCH
void add_to_rows(double const* __restrict row, std::int64_t n, double const* factors,
                 std::int64_t factor_step, std::int64_t n_rows, std::int64_t row_step,
                 double* __restrict sums) {
  for (std::int64_t t = 0; t < n_rows; ++t) {
    double const factor = factors[t * factor_step];
    double* const to = sums + t * row_step;
    for (std::int64_t i = 0; i < n; ++i) to[i] += factor * row[i];
  }
}

}  // namespace

void SliceSheet::begin(std::int64_t n_u, std::int64_t n_v, int cuts) {
  n_u_ = n_u;
  n_v_ = n_v;
  cuts_ = cuts;
  phase_ = (n_v + cuts - 1) / cuts;
  nodes_.assign(static_cast<std::size_t>(n_u * cuts_ * phase_), 0.0);
  row_.resize(static_cast<std::size_t>(cuts_ * phase_));
}

void SliceSheet::Shares::set(Span const& span, Range all, double factor) {
  cells = all;
  n_cells = cells.size();
  first.clear();
  low.clear();
  high.clear();
  n_nodes = 0;
  for (std::int64_t i = cells.first; i < cells.last; ++i) {
    low.push_back(span.at + span.step * real(i));
    high.push_back(span.at + span.step * real(i + 1));
    first.push_back(static_cast<std::int64_t>(std::floor(low.back())));
    n_nodes =
        std::max(n_nodes, static_cast<std::int64_t>(std::ceil(high.back())) - first.back() + 1);
  }
  share.resize(static_cast<std::size_t>(n_nodes * n_cells));
  for (std::int64_t t = 0; t < n_nodes; ++t)
    hat_shares(low.data(), high.data(), n_cells, real(t), factor / span.step,
               share.data() + t * n_cells);
}

void SliceSheet::find_runs() {
  runs_.clear();
  offset_.clear();
  auto const& [cells, n_cells, n_nodes, first, low, high, share] = along_;
  for (std::int64_t i = 0; i < n_cells;) {
    std::int64_t last = i + 1;
    while (last < n_cells && first[last] == first[last - 1] + cuts_) ++last;
    runs_.push_back({cells.first + i, cells.first + last});
    for (std::int64_t t = 0; t < n_nodes; ++t) {
      std::int64_t const node = first[i] + t;
      offset_.push_back(node % cuts_ * phase_ + node / cuts_ - (cells.first + i));
    }
    i = last;
  }
}

void SliceSheet::add_row(Row const& row) {
  std::int64_t const n_nodes = along_.n_nodes;
  std::int64_t const first = along_.first[row.cells.first - along_.cells.first] / cuts_;
  std::int64_t const last = std::min(
      phase_, (along_.first[row.cells.last - 1 - along_.cells.first] + n_nodes) / cuts_ + 1);
  for (std::int64_t p = 0; p < cuts_; ++p)
    std::fill(row_.data() + p * phase_ + first, row_.data() + p * phase_ + last, 0.0);
  for (std::size_t r = 0; r < runs_.size(); ++r) {
    std::int64_t const begin = std::max(runs_[r].first, row.cells.first),
                       end = std::min(runs_[r].last, row.cells.last);
    if (begin >= end) continue;
    std::int64_t const* const offset = offset_.data() + static_cast<std::int64_t>(r) * n_nodes;
    double const* const shares = along_.share.data() + (begin - along_.cells.first);
    for (std::int64_t t = 0; t < n_nodes; ++t)
      add_product(row.values + begin, shares + t * along_.n_cells, end - begin,
                  row_.data() + (offset[t] + begin));
  }
  std::int64_t const at = row.row - across_.cells.first;
  double* const to = nodes_.data() + across_.first[at] * cuts_ * phase_;
  for (std::int64_t p = 0; p < cuts_; ++p)
    add_to_rows(row_.data() + (p * phase_ + first), last - first, across_.share.data() + at,
                across_.n_cells, across_.n_nodes, cuts_ * phase_, to + (p * phase_ + first));
}

void SliceSheet::add(std::span<Row const> rows, Span const& u, Span const& v, double factor) {
  if (rows.empty()) return;
  Range cells = rows.front().cells;
  for (auto const& row : rows)
    cells = {std::min(cells.first, row.cells.first), std::max(cells.last, row.cells.last)};
  across_.set(u, {rows.front().row, rows.back().row + 1}, factor);
  along_.set(v, cells, 1);
  find_runs();
  for (auto const& row : rows) add_row(row);
}

void SliceSheet::add_to(std::span<double> values) const {
  double const* from = nodes_.data();
  double* to = values.data();
  for (std::int64_t u = 0; u < n_u_; ++u, from += cuts_ * phase_, to += n_v_)
    for (std::int64_t p = 0; p < cuts_; ++p)
      for (std::int64_t v = p, i = p * phase_; v < n_v_; v += cuts_, ++i) to[v] += from[i];
}

}  // namespace setsz
