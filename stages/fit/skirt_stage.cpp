// SPDX-License-Identifier: BSD-3-Clause
#include "stages/fit/skirt_stage.hpp"

#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "io/json_file.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/run/stop_signal.hpp"
#include "stages/common/cube_file.hpp"
#include "stages/common/expected.hpp"
#include "stages/fit/skirt_fit.hpp"
#include "stages/halos/snapshot_clusters.hpp"

namespace setsz {
namespace {

constexpr std::int64_t fold = 0;

/// Those of some clusters, on rank 0; each rank reads its part of the cubes.
std::vector<SkirtShells> gather_shells(Comm const& comm, SnapshotClusters const& clusters,
                                       std::vector<std::int64_t> const& rows,
                                       std::string const& path) {
  std::vector<SkirtShells> mine;
  collectively(comm, "fit: reading the pressure cubes", [&] {
    CubeFile const cubes(path);
    require(cubes.size() == clusters.table.size(), ExitCode::bad_data, "'", path, "' has ",
            cubes.size(), " cubes, but clusters.h5 has ", clusters.table.size(), " clusters");
    Range const part = even_range(std::ssize(rows), comm.rank(), comm.size());
    for (std::int64_t i = part.first; i < part.last; ++i) {
      leave_if_stopped();
      auto const halo = clusters.halo(rows[i], 0);
      mine.push_back(skirt_shells(halo.mass, halo.r200, cubes.lattice(rows[i], halo.r200),
                                  cubes.read(rows[i]),
                                  clusters.claims_on_cluster(halo, skirt_reach_r200)));
      mark_progress("fit: reading the pressure cubes");
    }
  });
  return comm.gather_v(mine, 0);
}

}  // namespace

SkirtStage::SkirtStage(Configuration const& configuration, SnapshotInstance const& instance)
    : snapshot_(instance.name), mass_bins_(configuration.get<FitOptions>().mass_bins) {
  record_ = {.stage = "fit", .instance = snapshot_ + "/skirt"};
  record_.inputs = {products::clusters(snapshot_), products::pressure(snapshot_)};
  record_.outputs = {"skirt.json"};
  record_.settings.add("fit.mass_bins", mass_bins_);
  clusters_ = take_cluster_choice(configuration, record_);
  if (clusters_.leaves_out()) record_.inputs.push_back(products::particles(snapshot_));
}

void SkirtStage::preflight(Comm const& comm, Outlook& outlook) const {
  require_part(comm, outlook, snapshot_, fold, Split::training);
}

Estimate SkirtStage::estimate(Outlook const& outlook, int n_ranks) const {
  auto const n = real(expected_clusters(outlook, snapshot_).rows_of(Split::training, fold).size());
  constexpr double cube_bytes = 1 << 20, seconds_per_cluster = 5e-3;
  Estimate estimate;
  estimate.memory_bytes = 2 * n * sizeof(SkirtShells) + 4 * cube_bytes;
  estimate.output_bytes = 1000;
  estimate.seconds = seconds_per_cluster * n / n_ranks;
  estimate.note = concat(n, " training clusters");
  return estimate;
}

void SkirtStage::run(Context& context) {
  auto const& comm = context.comm();
  auto table =
      read_clusters(comm, context.product(products::clusters(snapshot_)), clusters_,
                    clusters_.leaves_out() ? context.product(products::particles(snapshot_)) : "");
  std::optional<SnapshotClusters> clusters;
  collectively(comm, "fit: opening the inputs", [&] { clusters.emplace(std::move(table)); });
  auto const rows = clusters->table.rows_of(Split::training, fold);
  auto const shells =
      gather_shells(comm, *clusters, rows, context.product(products::pressure(snapshot_)));
  SkirtSlope slope;
  on_root(comm, "fit: the skirt", [&] { slope = fit_skirt(shells, mass_bins_); });
  slope = comm.broadcast(slope, 0);
  nlohmann::json const skirt = slope;
  write_json(comm, context.part("skirt.json"),
             {{"format_version", 1}, {"training_clusters", rows.size()}, {"skirt", skirt}});
  context.note("training_clusters", rows.size());
  context.note("skirt", skirt);
}

}  // namespace setsz
