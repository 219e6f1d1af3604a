// SPDX-License-Identifier: BSD-3-Clause
#include "stages/catalog/split.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"

namespace setsz {

namespace {

std::vector<std::int64_t> shuffled_rows(std::span<std::int64_t const> ids, std::uint64_t seed) {
  std::vector<std::int64_t> rows(ids.size());
  std::iota(rows.begin(), rows.end(), 0);
  std::sort(rows.begin(), rows.end(),
            [&](std::int64_t a, std::int64_t b) { return ids[a] < ids[b]; });
  Random random(seed, Purpose::cluster_split);
  for (std::size_t i = rows.size(); i > 1; --i) std::swap(rows[i - 1], rows[random.below(i)]);
  return rows;
}

}  // namespace

std::vector<Split> split_clusters(std::span<std::int64_t const> ids, SplitRecipe const& recipe) {
  auto const n = std::ssize(ids);
  auto const rows = shuffled_rows(ids, recipe.seed);
  auto const share = [&](double fraction) {
    return static_cast<std::int64_t>(std::llround(fraction * real(n)));
  };
  std::vector<Split> split(ids.size() * static_cast<std::size_t>(recipe.n_folds), Split::training);
  for (std::int64_t fold = 0; fold < recipe.n_folds; ++fold) {
    bool const single = recipe.n_folds == 1;
    std::int64_t const first = n * fold / recipe.n_folds;
    std::int64_t const n_testing =
        single ? share(recipe.testing_fraction) : n * (fold + 1) / recipe.n_folds - first;
    std::int64_t const n_validation = std::min(share(recipe.validation_fraction), n - n_testing);
    for (std::int64_t k = 0; k < n_testing + n_validation; ++k) {
      auto const row = rows[(first + k) % n];
      split[row * recipe.n_folds + fold] = k < n_testing ? Split::testing : Split::validation;
    }
  }
  return split;
}

}  // namespace setsz
