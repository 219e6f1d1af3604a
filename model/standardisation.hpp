// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace setsz {

/// x -> (x - mean) / deviation.
struct Affine {
  double mean = 0;
  double deviation = 1;
  double operator()(double x) const { return (x - mean) / deviation; }
  bool operator==(Affine const&) const = default;
};

/// Count, sum and sum of squares; one per cluster and quantity, added in the clusters' order.
struct Moments {
  double n = 0, sum = 0, sum2 = 0;
  void add(double x) { n += 1, sum += x, sum2 += x * x; }
  Moments& operator+=(Moments const& o) { return n += o.n, sum += o.sum, sum2 += o.sum2, *this; }
  /// Identity if there is nothing to measure a spread on.
  Affine affine() const;
};

/// How raw inputs become numbers of zero mean and unit variance over the training clusters; part of
/// the model file. A quantity that was never measured stays as it is.
struct Standardisation {
  std::vector<Affine> scalars;                            ///< in the order of the cluster's columns
  std::map<std::string, Affine, std::less<>> quantities;  ///< by the names that modules give them
  std::map<std::string, std::vector<double>, std::less<>> fitted;  ///< by module, see Module::fit
  double reference_p200 = 1;  ///< geometric mean over the training clusters [code pressure]

  Affine scalar(std::size_t column) const;
  Affine quantity(std::string_view name) const;
  /// The scalars of a cluster, standardised.
  std::vector<float> standardised(std::vector<double> const& values) const;
  /// Takes the numbers of a network that has learnt before: all that both have, by name; what this
  /// one has alone stays. \pre the same columns
  void adopt(Standardisation const& known);
  bool operator==(Standardisation const&) const = default;
};
void to_json(nlohmann::json& json, Standardisation const& standardisation);
void from_json(nlohmann::json const& json, Standardisation& standardisation);

}  // namespace setsz
