// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/sky_report_work.hpp"

#include <nlohmann/json.hpp>

#include "pipeline/base/number.hpp"
#include "stages/sky/sky_spectrum.hpp"

namespace setsz {

namespace {

nlohmann::json replicas_report(SkyRecord const& record) {
  auto const all = record.totals.all();
  auto const& repeats = record.totals.repeats;
  return {{"rule", name_of(record.options.replicas)},
          {"seed", record.options.replica_seed},
          {"n_at_face", all.n_at_face()},
          {"n_neighbours_elsewhere", all.n_apart()},
          {"lines_of_sight",
           {{"n", repeats.n_lines},
            {"most_repeats", repeats.largest},
            {"mean_most_repeats", real(repeats.sum_largest) / real(repeats.n_lines)},
            {"note", "how often a line of sight meets the same 1/16 of the box's length"}}}};
}

}  // namespace

nlohmann::json sky_report(SkyRecord const& record) {
  auto const& options = record.options;
  auto const all = record.totals.all();
  std::string const name(options.field->name);
  return {
      {"format_version", 1},
      {"nside", options.nside},
      {"mean_" + name, record.figures.mean},
      {"std_" + name, record.figures.deviation},
      {"max_" + name, record.figures.largest},
      {"n_clusters", record.totals.clusters.n_images()},
      {"n_outside_training", record.n_outside_training},
      {"n_mass_disagrees", record.n_mass_disagrees},
      {"n_fill", record.totals.fill.n_images()},
      {"n_too_near", all.n_left_out()},
      {"n_boxes", record.totals.n_boxes},
      {"replicas", replicas_report(record)},
      {name + "_painted_sr", all.painted()},
      {name + "_lost_sr", all.removed()},
      {"sum_rule_residual", record.residual},
      {"n_sampled", all.n_sampled()},
      {"largest_sampling_error", all.largest_sampling_error()},
      {"mean_sampling_error", all.mean_sampling_error()},
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
