// SPDX-License-Identifier: BSD-3-Clause
#include "stages/catalog/split.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "pipeline/base/number.hpp"
#include "pipeline/base/periodic_box.hpp"
#include "pipeline/base/random.hpp"
#include "stages/catalog/periodic_cells.hpp"

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

/// The row of the twin of each cluster in the other table; -1: none.
std::vector<std::int64_t> twins_of(ClusterTable const& table, ClusterTable const& other) {
  PeriodicBox const box(other.box_ckpch);
  CellMembers const cells(table.clusters, table.box_ckpch);
  std::vector<std::int64_t> twins(table.clusters.size(), -1);
  std::vector<double> least(table.clusters.size(), twin_radius_r200);
  for (std::int64_t row = 0; row < other.size(); ++row) {
    auto const& twin = other.clusters[row];
    cells.near(twin.position, twin_radius_r200 * twin.r200c, [&](std::int64_t i) {
      double const distance =
          norm(box.offset(twin.position, table.clusters[i].position)) / twin.r200c;
      if (distance < least[i]) least[i] = distance, twins[i] = row;
    });
  }
  return twins;
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

InheritedSplit split_like(ClusterTable const& table, ClusterTable const& other,
                          SplitRecipe const& recipe) {
  bool const same_box = table.box_ckpch == other.box_ckpch;
  InheritedSplit result;
  result.split.resize(table.clusters.size() * static_cast<std::size_t>(recipe.n_folds));
  std::vector<std::int64_t> alone, alone_ids;
  auto const set = [&](std::int64_t row, std::vector<Split> const& from, std::int64_t from_row) {
    std::copy_n(from.begin() + from_row * recipe.n_folds, recipe.n_folds,
                result.split.begin() + row * recipe.n_folds);
  };
  auto const twins =
      same_box ? twins_of(table, other) : std::vector<std::int64_t>(table.clusters.size(), -1);
  for (std::int64_t row = 0; row < table.size(); ++row) {
    auto const twin = twins[row];
    if (twin >= 0) {
      set(row, other.split, twin);
      ++result.n_matched;
    } else {
      alone.push_back(row);
      alone_ids.push_back(table.clusters[row].id);
    }
  }
  auto const own = split_clusters(alone_ids, recipe);
  for (std::size_t i = 0; i < alone.size(); ++i) set(alone[i], own, static_cast<std::int64_t>(i));
  return result;
}

}  // namespace setsz
