// SPDX-License-Identifier: BSD-3-Clause
#include "stages/fit/fit_report.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "pipeline/base/units.hpp"

namespace setsz {
namespace {

nlohmann::json bin_ratios(std::span<double const> masses, std::span<FitFigures const> figures,
                          std::int64_t n_mass_bins) {
  auto bins = nlohmann::json::array();
  for (auto const& bin : equal_bins(masses, n_mass_bins)) {
    double gas = 0, benchmark = 0, flux = 0;
    for (auto const i : bin.members) {
      gas += figures[i].y_gas;
      benchmark += figures[i].y_benchmark;
      flux += figures[i].y_flux;
    }
    bins.push_back({{"m200c_low", bin.low},
                    {"m200c_high", bin.high},
                    {"clusters", bin.members.size()},
                    {"y_benchmark_over_gas", benchmark / gas},
                    {"y_flux_over_gas", flux / gas}});
  }
  return bins;
}

}  // namespace

FitFigures fit_figures(ClusterTable const& table, std::int64_t row, RadialSums const& sums,
                       GnfwParameters const& benchmark, GnfwParameters const& flux) {
  double const h = table.cosmology.h, redshift = table.redshift;
  auto const& cluster = table.clusters[row];
  auto const model = gnfw_at_shells(gnfw_shape(benchmark, cluster.m200c, h, redshift), sums);
  double model_sum = 0;
  for (std::size_t shell = 0; shell < model.size(); ++shell)
    model_sum += sums.count[shell] * model[shell];
  double const unit = y_unit(cluster, h);
  double const voxel = std::pow(sums.lattice.voxel_r200(), 3);
  FitFigures const figures{
      .loss_benchmark = spherical_loss(sums, model),
      .y_gas = unit * voxel * sums.total_pressure(),
      .y_benchmark = unit * voxel * model_sum,
      .y_flux = unit * gnfw_volume_integral(gnfw_shape(flux, cluster.m200c, h, redshift),
                                            score_radius_r200)};
  require(std::isfinite(figures.loss_benchmark + figures.y_gas + figures.y_benchmark +
                        figures.y_flux) &&
              figures.loss_benchmark >= 0,
          ExitCode::internal, "cluster ", cluster.id, ": loss ", figures.loss_benchmark,
          ", Y of gas ", figures.y_gas, ", benchmark ", figures.y_benchmark, ", flux fit ",
          figures.y_flux);
  return figures;
}

nlohmann::json fit_report(ClusterTable const& table, std::int64_t fold,
                          std::span<FitFigures const> figures, GnfwParameters const& benchmark,
                          GnfwParameters const& flux, std::int64_t n_mass_bins) {
  std::vector<double> training_masses;
  std::vector<FitFigures> training;
  for (std::size_t c = 0; c < figures.size(); ++c) {
    if (table.split_of(static_cast<std::int64_t>(c), fold) != Split::training) continue;
    training_masses.push_back(table.clusters[c].m200c);
    training.push_back(figures[c]);
  }
  return {{"format_version", 1},
          {"units", {{"m200c", "1e10 Msun/h"}, {"y", "(kpc/h)^2, within 2 R200"}}},
          {"benchmark", benchmark},
          {"flux", flux},
          {"training_mass_bins", bin_ratios(training_masses, training, n_mass_bins)}};
}

nlohmann::json fit_report_row(ClusterTable const& table, std::int64_t fold, std::int64_t row,
                              FitFigures const& figures) {
  return {{"cluster", row},
          {"id", table.clusters[row].id},
          {"split", name_of(table.split_of(row, fold))},
          {"loss_benchmark", figures.loss_benchmark},
          {"y_gas", figures.y_gas},
          {"y_benchmark", figures.y_benchmark},
          {"y_flux", figures.y_flux}};
}

}  // namespace setsz
