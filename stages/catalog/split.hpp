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

/// The split of a snapshot's clusters whose twins in another snapshot have one already.
struct InheritedSplit {
  std::vector<Split> split;    ///< shape (n_clusters, n_folds), fold fastest
  std::int64_t n_matched = 0;  ///< clusters that have a twin
};
/// How far from a cluster of the other snapshot a twin may lie [its R200].
inline constexpr double twin_radius_r200 = 5;

/// Each cluster has the parts of its twin: of the clusters of `other` within 5 of their R200
/// (comoving, periodic) the one that is nearest in units of its R200. Progenitors of one cluster
/// have one twin, so that neither teaches where the other is tested. Clusters without a twin are
/// split among themselves as the recipe says; so are all if the boxes differ.
/// \pre n_folds of `other` is that of the recipe
InheritedSplit split_like(ClusterTable const& table, ClusterTable const& other,
                          SplitRecipe const& recipe);

/// Which part each cluster belongs to in each fold.
///
/// The clusters, sorted by id, are shuffled with the seed. One fold: the first round(testing N) of
/// the shuffle test, the next round(validation N) validate, the rest trains. k folds: part f of k
/// equal ones tests in fold f, the round(validation N) that follow it (cyclically) validate.
/// \param ids  in row order, all different
/// \return     shape (n_clusters, n_folds), fold fastest
std::vector<Split> split_clusters(std::span<std::int64_t const> ids, SplitRecipe const& recipe);

}  // namespace setsz
