// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/sky_report.hpp"

#include <nlohmann/json.hpp>

namespace setsz {

nlohmann::json sky_report(SkyRecord const& record) {
  auto const& totals = record.totals;
  auto const& options = record.options;
  return {
      {"format_version", 1},
      {"nside", options.nside},
      {"mean_y", record.figures.mean},
      {"std_y", record.figures.deviation},
      {"max_y", record.figures.largest},
      {"n_clusters", totals.n_clusters},
      {"n_fill", totals.n_fill},
      {"n_too_near", totals.n_too_near},
      {"n_boxes", totals.n_boxes},
      {"y_painted_sr", totals.painted},
      {"y_lost_sr", totals.removed},
      {"sum_rule_residual", record.residual},
      {"n_sampled", totals.n_sampled},
      {"largest_sampling_error", totals.largest_sampling_error},
      {"mean_sampling_error", totals.mean_sampling_error},
      {"redshift_min", options.redshift_min},
      {"redshift_max", options.redshift_max},
      {"observer_box", options.observer},
      {"pixels", "integrated"},
      {"fill_cut_r200", options.fill_cut_r200},
  };
}

nlohmann::json spectrum_report(std::vector<double> const& map, std::int64_t nside) {
  return {{"nside", nside},
          {"l_max", 2 * nside},
          {"note", "of the map averaged to this nside; pixel window not divided out"},
          {"C_l", angular_spectrum(map, nside, 2 * nside)}};
}

}  // namespace setsz
