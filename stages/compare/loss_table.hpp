// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "stages/compare/paired.hpp"

namespace setsz {

/// losses.csv: a row for each cluster that any model was scored on, by id: M200c [1e10 Msun/h], the
/// loss of the benchmark (of the first model that has the cluster) and that of each model (Thiele
/// et al. 2022, Eq. 7); empty where a model has no score.
std::string loss_table(std::vector<Contender> const& contenders);

}  // namespace setsz
