// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace setsz {

/// Numbers with a shape, row-major.
struct NamedTensor {
  std::vector<std::int64_t> shape;
  std::vector<float> values;
  bool operator==(NamedTensor const&) const = default;
};

/// A network or a training as plain data.
struct ModelState {
  nlohmann::json description = nlohmann::json::object();  ///< options, standardisation, ...
  std::map<std::string, NamedTensor> tensors;             ///< by "group/name": "parameters/local.k"
  /// Of the clusters that taught it (cluster_identity), ascending; empty: not known.
  std::vector<std::uint64_t> training_clusters{};

  /// Throws Error(bad_data) if there is none.
  NamedTensor const& tensor(std::string const& name) const;
};

}  // namespace setsz
