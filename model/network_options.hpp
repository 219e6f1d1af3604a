// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace setsz {

/// In which unit the radius of the local sphere is given.
enum class LocalRadiusUnit { ckpch, r200 };
/// Which contraction of position and velocity a local particle brings.
enum class LocalContraction {
  unit,  ///< of the unit vectors, over 1/sqrt(3)
  full   ///< of x/R and v/V200, as in the paper
};

/// Which vectors of the particles origin adds up.
enum class OriginPooling {
  position,  ///< q/R200, as in the paper
  direction  ///< q/|q|
};

/// Everything that decides which numbers a network computes: modules, sizes, inputs. The defaults
/// are those of Thiele et al. (2022), section 2.
struct NetworkOptions {
  /// Any of gnfw, origin, local, aggregator: without gnfw nothing multiplies the profile, without
  /// aggregator and local the output is the (re-centred) profile itself.
  std::vector<std::string> modules{"gnfw", "origin", "local", "aggregator"};

  std::int64_t origin_layers = 3;  ///< hidden layers
  std::int64_t origin_width = 226;
  OriginPooling origin_pooling = OriginPooling::position;
  std::int64_t local_layers = 2;  ///< hidden layers of each of three MLPs
  std::int64_t local_width = 189;
  std::int64_t local_outputs = 16;
  std::int64_t aggregator_layers = 4;
  std::int64_t aggregator_width = 196;
  double dropout = 0.05;          ///< rate in the aggregator's hidden layers
  double visible_dropout = 0.30;  ///< rate in its first layer
  bool absolute_angles = false;   ///< the aggregator sees |r^.e| (as in the paper), not r^.e

  double local_radius = 310;  ///< of the sphere around a target
  LocalRadiusUnit local_radius_unit = LocalRadiusUnit::ckpch;
  LocalContraction local_contraction = LocalContraction::unit;
  bool local_pressure_scaling = true;  ///< the output of local is multiplied by P_ref/P200
  double initial_k = 0.1;              ///< of the additive term k sinh(a2)
  double head_scale = 1;               ///< of the initial weights of the linear heads

  bool has(std::string const& module) const;
  /// The radius of a cluster's local spheres [ckpc/h].
  double local_radius_ckpch(double r200c_ckpch) const;
  /// Throws Error(config) if the modules do not fit together or a size is impossible.
  void validate() const;
  bool operator==(NetworkOptions const&) const = default;
};
void to_json(nlohmann::json& json, NetworkOptions const& options);
void from_json(nlohmann::json const& json, NetworkOptions& options);

}  // namespace setsz
