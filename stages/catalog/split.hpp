// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "stages/common/cluster_table.hpp"

namespace setsz {

struct SplitRecipe {
  std::int64_t n_folds = 1;
  double validation_fraction = 0.2;
  double testing_fraction = 0.1;  ///< with one fold; with k the testing part is 1/k
  std::uint64_t seed = 1;
};

/// Which part each cluster belongs to in each fold.
///
/// The clusters, sorted by id, are shuffled with the seed. One fold: the first round(testing N) of
/// the shuffle test, the next round(validation N) validate, the rest trains. k folds: part f of k
/// equal ones tests in fold f, the round(validation N) that follow it (cyclically) validate.
/// \param ids  in row order, all different
/// \return     shape (n_clusters, n_folds), fold fastest
std::vector<Split> split_clusters(std::span<std::int64_t const> ids, SplitRecipe const& recipe);

}  // namespace setsz
