// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/sky_report_work.hpp"

#include <nlohmann/json.hpp>

#include "pipeline/base/number.hpp"

namespace setsz {

namespace {

nlohmann::json replicas_report(SkyRecord const& record) {
  auto const all = record.totals.halos();
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
  auto report = figures_report(record.figures);
  report.update(options.pixels.report());
  report.update({
      {"n_clusters", record.totals.clusters.n_images()},
      {"n_outside_training", record.n_outside_training},
      {"n_mass_disagrees", record.n_mass_disagrees},
      {"n_too_near", record.totals.halos().n_left_out()},
      {"n_fill", record.totals.fill.n_images()},
      {"n_skirts", record.totals.skirts.n_images()},
      {"n_skirts_too_near", record.totals.skirts.n_left_out()},
      {"skirts_painted_sr", record.totals.skirts.painted()},
      {"skirts_lost_sr", record.totals.skirts.removed()},
      {"reach_of_clusters_r200", record.plan.reach_r200},
      {"realisation", record.plan.realisation},
      {"n_samples", record.plan.n_samples},
      {"n_boxes", record.totals.n_boxes},
      {"replicas", replicas_report(record)},
      {"redshift_min", options.redshift_min},
      {"redshift_max", options.redshift_max},
      {"observer_box", options.observer},
      {"fill_cut_r200", options.fill_cut_r200},
  });
  return report;
}

}  // namespace setsz
