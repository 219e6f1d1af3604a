// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "pipeline/base/comm.hpp"

namespace setsz {

/// That a rank sends at once; decides the memory of ordered_sum, and nothing else.
inline constexpr std::int64_t ordered_sum_values = std::int64_t{1} << 20;

/// Collective: the sum of rows that lie on the ranks in rank order, added in that order: the same
/// bits on any number of ranks, on all of them. Each rank adds some of the columns: it sends what
/// it holds once, and gets as much, whatever the number of ranks.
///
/// \param rows  (own rows) x (n_columns)
std::vector<double> ordered_sum(Comm const& comm, std::span<double const> rows,
                                std::int64_t n_columns,
                                std::int64_t values_at_once = ordered_sum_values);

}  // namespace setsz
