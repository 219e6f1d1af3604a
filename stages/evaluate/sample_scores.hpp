// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <vector>

#include "stages/common/bootstrap.hpp"

namespace setsz {

/// What the samples of one testing cluster say, beside its gas.
struct SampledCluster {
  std::int64_t row = 0;  ///< of clusters.h5
  double m200c = 0;      ///< [1e10 Msun/h]
  double loss_benchmark = 0;
  double loss_of_mean = 0;          ///< of the cube, which is the mean of the samples
  double loss_reconstructed = 0;    ///< with the code that the gas implies
  double y_gas = 0;                 ///< within 2 R200 [(kpc/h)^2]
  std::vector<double> loss{}, y{};  ///< (n_samples)
  std::vector<double> profile{};   ///< (n_samples, n_shells), P/P200 of linear shells within 2 R200
  std::vector<double> gas{};       ///< (n_shells), the same of the gas
  std::vector<double> residual{};  ///< (n_shells), gas/deterministic prediction - 1
  std::vector<double> nats{};      ///< what each network's code says of the cluster

  std::int64_t n_samples() const { return std::ssize(loss); }
  std::int64_t n_shells() const { return std::ssize(gas); }
};

/// Principal components of rows of numbers, after standardising each column and cutting at 4
/// deviations.
struct PrincipalComponents {
  std::vector<double> explained;           ///< part of the variance, descending
  std::vector<std::vector<double>> modes;  ///< unit vectors; the first number is not negative
};
/// \param rows  of equal length, at least 2
PrincipalComponents principal_components(std::vector<std::vector<double>> rows);

/// The part "stochastic" of scores.json; see docs/stages/evaluate.md. \pre not empty
nlohmann::json sample_report(std::vector<SampledCluster> const& clusters, std::int64_t mass_bins,
                             BootstrapSettings const& settings);

}  // namespace setsz
