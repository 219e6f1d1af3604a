// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <string>
#include <vector>

#include "stages/compare/paired.hpp"

namespace setsz {

/// losses.csv: a row for each cluster that any model was scored on, by id: M200c [1e10 Msun/h],
/// the number of its particles, the loss of the benchmark (of the first model that has the cluster)
/// and that of each model (Thiele et al. 2022, Eq. 7); empty where a model has no score. \param
/// particles  by id of the cluster, within the sphere that was extracted
std::string loss_table(std::vector<Contender> const& contenders,
                       std::map<std::int64_t, std::int64_t> const& particles);

}  // namespace setsz
