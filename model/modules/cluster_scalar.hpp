// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "model/cluster_set.hpp"
#include "model/module_list.hpp"

namespace setsz {

/// A scalar DeepSet over the whole cluster: an MLP of each particle, the mean, a second MLP. Every
/// target of a cluster sees the same numbers.
/// \source Thiele et al. (2022), section 4
class ClusterScalar : public ClusterSet<ClusterScalar> {
 public:
  static constexpr std::string_view key = "cluster_scalar";

  std::string title() const override { return "the scalar DeepSet of the cluster"; }
  std::vector<ClusterStateInfo> state() const override {
    return {{.name = std::string(key),
             .dataset = std::string(key),
             .size = outputs,
             .unit = "1",
             .frame = "invariant",
             .description = "what cluster_scalar gives"}};
  }
  std::unique_ptr<ModuleNetwork> network(NetworkSetup const& setup, ParameterLayout& layout) const;
};

}  // namespace setsz
