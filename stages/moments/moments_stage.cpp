// SPDX-License-Identifier: BSD-3-Clause
#include "stages/moments/moments_stage.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "model/target_batch.hpp"
#include "pipeline/base/number.hpp"
#include "stages/common/expected.hpp"
#include "stages/common/model_section.hpp"

namespace setsz {

void MomentsOptions::declare(OptionList& options) {
  options.add("scales", settings.scales_r200,
              {.unit = "R200",
               .help = "standard deviations h of the Gaussians, ascending; each weights particles "
                       "by exp(-d^2/2h^2) out to d = 3.2 h",
               .min = 0.01,
               .max = 2});
  options.add("softening", settings.softening_r200,
              {.unit = "R200",
               .help = "softening length of the gravitational potential",
               .min = 1e-3,
               .max = 1});
  options.add("min_particles", settings.min_particles,
              {.help = "where fewer particles are within R200, all scales of the cluster grow by "
                       "the cube root of min_particles over their number; 0: never",
               .min = 0,
               .max = 1e9});
  options.add("max_particles", settings.max_particles,
              {.help = "particles of a cluster that are used at most, an even subsample of it; "
                       "scales wider than the first use fewer, in inverse proportion",
               .min = 1000,
               .max = 1e9});
}

void MomentsOptions::validate() const {
  auto const& scales = settings.scales_r200;
  require(!scales.empty(), ExitCode::config, "[moments] scales is empty; give at least one");
  for (std::size_t i = 1; i < scales.size(); ++i)
    require(scales[i - 1] < scales[i], ExitCode::config, "[moments] scales must ascend, but ",
            scales[i], " follows ", scales[i - 1]);
}

MomentsStage::MomentsStage(Configuration const& configuration, SnapshotInstance instance)
    : instance_(std::move(instance)) {
  record_ = {.stage = "moments", .instance = instance_.name, .version = 2};
  task_.clusters = products::clusters(instance_.name);
  task_.particles = products::particles(instance_.name);
  record_.inputs = {task_.clusters, task_.particles};
  record_.outputs = {"moments.h5"};
  task_.settings = record_.take<MomentsOptions>(configuration).settings;
  // Of [voxelize] the lattice alone: the moments do not depend on the gas.
  task_.cube = configuration.get<VoxelizeOptions>();
  record_.settings.add("voxelize.n_voxels", task_.cube.n_voxels);
  record_.settings.add("voxelize.edge", task_.cube.edge_r200);
  record_.settings.add("voxelize.fixed_edge", task_.cube.fixed_edge_ckpch);
  record_.settings.add("voxelize.voxel_position",
                       task_.cube.voxel_position == VoxelPosition::centre ? "centre" : "corner");
}

Estimate MomentsStage::estimate(Outlook const& outlook, int n_ranks) const {
  auto const snapshot = expected_dark_matter(outlook, instance_);
  auto const table = expected_clusters(outlook, instance_.name);
  auto const n_columns = real(moment_columns(task_.settings).size());
  double most_particles = 0, most_targets = 0;
  std::vector<double> cost;
  for (auto const& cluster : table.clusters) {
    double const n =
        expected_particles(cluster, cluster_sample_radius_r200 * cluster.r200c, snapshot.header);
    double const n200 = expected_particles(cluster, cluster.r200c, snapshot.header);
    auto const lattice = task_.cube.lattice(cluster);
    cost.push_back(moment_seconds(n, task_.settings.scale_factor(n200), lattice, task_.settings));
    most_particles = std::max(most_particles, n);
    most_targets = std::max(most_targets, expected_targets(lattice));
  }
  constexpr double bytes_per_particle = 30, bytes_per_used_particle = 100, bytes_of_sums = 64,
                   write_bytes_per_second = 1e8;  // with journal and reading back
  double const cluster_bytes = most_targets * n_columns * sizeof(float);
  double const mean_per_rank = std::ceil(real(table.size()) / n_ranks);
  Estimate estimate;
  estimate.output_bytes = real(table.size()) * cluster_bytes;
  estimate.memory_bytes =
      most_particles * bytes_per_particle +
      std::min(most_particles, real(task_.settings.max_particles)) * bytes_per_used_particle +
      most_targets * bytes_of_sums +
      3 * std::min(mean_per_rank * cluster_bytes,
                   outlook.options().memory_mb * 1e6 / 4 + cluster_bytes);
  estimate.seconds =
      largest_share(cost, n_ranks) + estimate.output_bytes / write_bytes_per_second / n_ranks;
  estimate.note = concat(table.size(), " clusters, ", n_columns, " numbers for each of up to ",
                         std::llround(most_targets), " voxels");
  return estimate;
}

void MomentsStage::run(Context& context) {
  MomentsRun run(task_, context);
  run.go();
}

void add_moments_stages(Blueprint const& blueprint, StageList& stages) {
  auto const& configuration = blueprint.configuration;
  auto const models = blueprint.axes.models();
  bool const needed = std::any_of(models.begin(), models.end(), [&](std::string const& model) {
    auto const name = "model." + model;
    auto const section = configuration.get<ModelSection>(name);
    // Of a model that comes trained the modules are in its files, which are not always read.
    bool const unknown = section.trained.any() && !configuration.text_of(name, "modules");
    return unknown || !section.network.needs().target_columns.empty();
  });
  if (!needed) return;
  for (auto const& instance : blueprint.snapshots)
    stages.push_back(std::make_unique<MomentsStage>(configuration, instance));
}

}  // namespace setsz
