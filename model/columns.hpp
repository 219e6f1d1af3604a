// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace setsz {

/// What a mirror does to a cluster's vector; it decides how the vector may enter a network.
enum class Parity {
  polar,    ///< mirrored like a position: its sign has a meaning
  axial,    ///< turns with the cluster like a position, but a mirror changes its sign besides
  headless  ///< an axis: e and -e are the same
};

/// A unit vector of every cluster.
struct VectorColumn {
  std::string name;
  Parity parity = Parity::polar;
  bool operator==(VectorColumn const&) const = default;
};

/// The numbers and unit vectors that describe a cluster as a whole, by name, in the order in which
/// particles.h5 holds them.
struct ClusterColumns {
  std::vector<std::string> scalars;
  std::vector<VectorColumn> vectors;

  std::int64_t n_scalars() const { return std::ssize(scalars); }
  std::int64_t n_vectors() const { return std::ssize(vectors); }
  /// The index of a scalar. Throws Error(config) with the nearest name if there is none.
  std::size_t scalar(std::string_view name) const;
  bool operator==(ClusterColumns const&) const = default;
};
void to_json(nlohmann::json& json, ClusterColumns const& columns);
void from_json(nlohmann::json const& json, ClusterColumns& columns);

/// Those that every particles.h5 has: 11 scalars and 8 vectors.
/// \source Thiele et al. (2022), section 3.3; definitions in docs/stages/extract.md
ClusterColumns const& cluster_columns();

}  // namespace setsz
