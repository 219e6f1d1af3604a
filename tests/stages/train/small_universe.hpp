// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "io/h5.hpp"
#include "model/gnfw.hpp"
#include "model/module_table.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"
#include "stages/common/cluster_table.hpp"
#include "stages/common/cube_lattice.hpp"
#include "stages/common/particle_store.hpp"
#include "stages/extract/particle_file.hpp"
#include "stages/predict/predict_stage.hpp"
#include "stages/train/train_stage.hpp"
#include "tests/fixtures/scratch.hpp"

namespace setsz::testing {

inline constexpr std::int64_t n_clusters = 13, n_voxels = 10;

/// Clusters whose pressure follows a profile around a centre that lies off the catalogue's, where
/// their particles are densest: there is something for origin and local to learn.
/// \param disagreeing  rows of which the mass disagrees with the catalogue
/// \param untaught     rows that test, whatever their part was
inline void write_small_universe(std::string const& folder, double redshift = 0,
                                 std::vector<std::int64_t> const& disagreeing = {},
                                 std::vector<std::int64_t> const& untaught = {}) {
  std::filesystem::create_directories(folder);
  auto const self = Comm::self();
  ClusterTable table;
  table.box_ckpch = 1e5;
  table.redshift = redshift, table.a = 1 / (1 + redshift);
  table.mass_definition = "200c";
  table.mass_min = 5e3;
  table.n_folds = 1;
  std::vector<double> radii, local_radii;
  std::vector<OrderedParticles> particles;
  std::vector<ClusterProperties> properties;
  std::vector<float> pressure;
  std::vector<double> edges;
  std::vector<std::int64_t> counts;
  for (std::int64_t c = 0; c < n_clusters; ++c) {
    Random random(1, Purpose::test, static_cast<std::uint64_t>(c));
    auto const normal = [&] { return random.normal(); };
    Cluster cluster;
    cluster.id = 100 + c;
    cluster.position = {1e4 * random.uniform(), 5e4, 5e4};
    cluster.m200c = 5e3 * (1 + 5 * random.uniform());
    auto const scales = halo_scales(table.cosmology, redshift, cluster.m200c);
    cluster.r200c = scales.r200c_ckpch, cluster.v200 = scales.v200_kms,
    cluster.p200 = scales.p200_code;
    Vec3 const centre = 0.15 * cluster.r200c * unit({normal(), normal(), normal()});
    cluster.angular_momentum = {normal() * 1e8, normal() * 1e8, normal() * 1e8};
    table.clusters.edit().push_back(cluster);
    table.split.push_back(c % 13 < 8    ? Split::training
                          : c % 13 < 11 ? Split::validation
                                        : Split::testing);

    double const radius = 2.5 * cluster.r200c;
    ParticleBlocks blocks(1);
    for (std::uint64_t i = 0; blocks[0].size() < 1500; ++i) {
      Vec3 const q =
          centre + 0.5 * cluster.r200c * random.uniform() * Vec3{normal(), normal(), normal()};
      if (norm(q) >= radius) continue;
      std::uint64_t const key = hash64(9, i);
      auto const f = [](double x) { return single(x); };
      blocks[0].push_back({{static_cast<std::uint32_t>(key >> 32), static_cast<std::uint32_t>(key)},
                           {f(q.x), f(q.y), f(q.z)},
                           {f(400 * normal()), f(400 * normal()), f(400 * normal())},
                           1});
    }
    radii.push_back(radius);
    local_radii.push_back(310);
    counts.push_back(1500);
    particles.push_back(
        in_canonical_order(std::move(blocks), CellGrid::for_cluster(1500, radius, 310)));
    properties.push_back(
        cluster_properties(particles.back().particles, cluster, radius, table.a, 1));
    properties.back().mass_disagrees = std::ranges::count(disagreeing, c) > 0;
    if (std::ranges::count(untaught, c) > 0) table.split.back() = Split::testing;

    CubeLattice const lattice{n_voxels, 5};
    auto const shape = gnfw_shape({}, cluster.m200c, table.cosmology.h, redshift);
    edges.push_back(5 * cluster.r200c);
    for (std::int64_t i = 0; i < n_voxels; ++i)
      for (std::int64_t j = 0; j < n_voxels; ++j)
        for (std::int64_t k = 0; k < n_voxels; ++k)
          pressure.push_back(single(
              1.3 * gnfw(shape, norm(lattice.centre_r200(i, j, k) - centre / cluster.r200c))));
  }
  write_clusters(self, folder + "/clusters.h5", table);
  ParticleFileLayout const layout(counts, radii, local_radii);
  ParticleFileWriter writer(self, folder + "/particles.h5", table, layout, 1);
  writer.write(0, particles);
  writer.write_properties(properties);
  writer.close();
  auto cubes = H5File::create(self, folder + "/pressure.h5");
  cubes.write_same("/pressure", {.unit = "P200"}, pressure, {n_voxels, n_voxels, n_voxels});
  cubes.write_same("/cube_edge", {.unit = "ckpc/h"}, edges);
  cubes.close();
  std::ofstream(folder + "/gnfw.json")
      << nlohmann::json{{"benchmark", GnfwParameters{}}, {"flux", GnfwParameters{}}};
}

struct StoppedByTest {};

/// A context whose products lie in one folder; it can be asked to stop after some steps.
class TestContext : public Context {
 public:
  TestContext(Comm const& comm, std::string inputs, std::string outputs)
      : comm_(comm), inputs_(std::move(inputs)), outputs_(std::move(outputs)) {
    options_.checkpoint_minutes = 0;  // a spell of work is one unit
    if (comm.is_root()) std::filesystem::create_directories(outputs_);
    comm.barrier();
    journal_.emplace(comm, outputs_ + "/journal",
                     std::vector<std::pair<std::string, std::string>>{{"test", "1"}});
  }
  Comm const& comm() const override { return comm_; }
  RunOptions const& options() const override { return options_; }
  Journal& journal() override { return *journal_; }
  std::string product(std::string_view relative) const override {
    auto const name = std::filesystem::path(relative).filename().string();
    return name == "model.h5" ? outputs_ + "/" + name : inputs_ + "/" + std::string(relative);
  }
  std::string part(std::string_view output) const override {
    return outputs_ + "/" + std::string(output);
  }
  bool stop_requested() override { return stop_after && --*stop_after == 0; }
  bool checkpoint_due() override { return false; }
  void stop_here() override { throw StoppedByTest(); }
  void note(std::string const& key, nlohmann::json const& value) override { notes[key] = value; }
  void note_local(std::string const&, double) override {}

  std::optional<int> stop_after;
  nlohmann::json notes;

 private:
  Comm comm_;
  std::string inputs_, outputs_;
  RunOptions options_;
  std::optional<Journal> journal_;
};

inline ModelSection small_model() {
  ModelSection model;
  auto& n = model.network;
  auto& origin = n.get<Origin>();
  origin.layers = 1, origin.width = 12, origin.particles = {60, 200};
  auto& local = n.get<Local>();
  local.layers = 1, local.width = 12, local.outputs = 4, local.particles = {12, 40};
  auto& aggregator = n.get<Aggregator>();
  aggregator.layers = 1, aggregator.width = 16;
  n.head_scale = 0.1;
  return model;
}

inline TrainTask small_training(std::int64_t epochs) {
  TrainTask task;
  task.instance = {"z0", "small", 0, 1};
  task.model = small_model();
  task.options.epochs = epochs;
  task.options.clusters_per_step = 4;
  task.options.targets = 20;
  task.options.validation_targets = 60;
  for (auto const* module : {"origin", "local", "aggregator"})
    task.options.groups.of(module).max_rate = 1e-2;
  task.options.noise = task.options.noise_mass = 0.1;
  task.sources = {{.clusters = "clusters.h5",
                   .particles = "particles.h5",
                   .pressure = "pressure.h5",
                   .gnfw = "gnfw.json",
                   .moments = "",
                   .residuals = "",
                   .simulation = "small"}};
  task.description = {{"train.version", "1"}};
  return task;
}

inline PredictTask small_prediction() {
  PredictTask task;
  task.snapshot = "z0", task.model = "small", task.fold = 0, task.member = Member{1};
  task.section = small_model();
  task.options.block_voxels = 50;
  task.cube.n_voxels = n_voxels;
  task.clusters = "clusters.h5", task.particles = "particles.h5", task.network = "model.h5";
  return task;
}

}  // namespace setsz::testing
