// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
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

/// How contractions u.e of directions with the cluster's vectors enter a network.
enum class Contractions {
  parity,     ///< with their sign for polar e, else as squares: a mirror leaves all unchanged
  with_sign,  ///< all with their sign
  absolute    ///< likewise, but the aggregator sees |r^.e|, as published
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
  /// The index of a scalar or vector. Throws Error(config) with the nearest name if there is none.
  std::size_t scalar(std::string_view name) const;
  std::size_t vector(std::string_view name) const;
  std::vector<std::string> vector_names() const;
  bool operator==(ClusterColumns const&) const = default;
};
void to_json(nlohmann::json& json, ClusterColumns const& columns);
void from_json(nlohmann::json const& json, ClusterColumns& columns);

/// Radii of the columns mass_<r> and dispersion_<r> [R200].
inline constexpr std::array mass_profile_radii{0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 2.5};
inline constexpr std::array dispersion_profile_radii{0.2, 0.5, 1.0, 2.0};

/// The 11 scalars and 8 vectors of Thiele et al. (2022), section 3.3.
ClusterColumns const& published_columns();
/// The 13 scalars that describe a cluster's profiles of mass and velocity dispersion.
std::vector<std::string> const& profile_columns();
/// The 6 rows of the tensors of inertia and velocity, in the place of their eigenvectors: what the
/// published program took. They do not turn with the cluster.
std::vector<VectorColumn> const& tensor_row_columns();
/// All that every particles.h5 has: those above, and ln_a. Definitions in docs/stages/extract.md.
ClusterColumns const& cluster_columns();

}  // namespace setsz
