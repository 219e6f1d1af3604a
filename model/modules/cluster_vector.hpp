// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "model/cluster_set.hpp"
#include "model/module_list.hpp"
#include "model/pool_weight.hpp"

namespace setsz {

/// A vector DeepSet over the whole cluster: vectors v_o, the means of MLP_o times the position of
/// each particle, of which a target sees the products with its direction, sqrt(3) r^.v_o. \source
/// Thiele et al. (2022), section 4
class ClusterVector : public ClusterSet<ClusterVector> {
 public:
  static constexpr std::string_view key = "cluster_vector";

  PoolWeight pooling = PoolWeight::position;

  std::string title() const override { return "the vector DeepSet of the cluster"; }
  void declare(OptionList& options) override {
    ClusterSet::declare(options);
    options.add("cluster_vector_pooling", pooling,
                {{"position", PoolWeight::position}, {"direction", PoolWeight::direction}},
                {.help = "cluster_vector adds up positions or directions of particles, see "
                         "origin_pooling"});
  }
  std::vector<ClusterStateInfo> state() const override {
    return {{.name = std::string(key),
             .dataset = std::string(key),
             .size = 3 * outputs,
             .unit = "1",
             .frame = "cluster",
             .description = "vectors that cluster_vector gives, one after the other"}};
  }
  std::unique_ptr<ModuleNetwork> network(NetworkSetup const& setup, ParameterLayout& layout) const;
};

}  // namespace setsz
