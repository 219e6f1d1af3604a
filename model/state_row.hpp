// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "model/network.hpp"
#include "pipeline/base/range.hpp"

namespace setsz {

/// The states of a cluster as one row of numbers, in the order in which the modules of a network
/// declare them.
class StateRow {
 public:
  explicit StateRow(NetworkOptions const& options);
  std::int64_t size() const { return size_; }
  /// Adds states to a row; one that is missing adds nothing.
  void add(ClusterState const& states, std::span<double> row) const;
  ClusterState states(std::span<double const> row) const;

 private:
  std::vector<std::pair<std::string, Range>> places_;
  std::int64_t size_ = 0;
};

}  // namespace setsz
