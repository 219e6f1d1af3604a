// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>
#include <string>
#include <vector>

#include "stages/compare/paired.hpp"

namespace setsz {

/// Which model a fold takes, and the mean validation ratio of its networks there.
struct FoldChoice {
  std::int64_t fold = 0;
  std::string model;
  double validation = 0;
};

/// A contender made of others, and what it took in each fold.
struct NestedChoice {
  Contender contender;
  std::vector<FoldChoice> folds;
};

/// In each fold the candidate whose networks do best on the validation clusters of that fold: the
/// tested clusters of a fold have no say in what is scored on them, however many candidates there
/// are.
///
/// Throws Error(config) if candidates differ in their numbers of networks or in their clusters, or
/// lack a validation. Where their seeds differ those of the choice are not known.
NestedChoice choose_by_validation(std::span<Contender const> candidates);

}  // namespace setsz
