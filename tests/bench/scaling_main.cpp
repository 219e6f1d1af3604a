// SPDX-License-Identifier: BSD-3-Clause
// What 64, 256 and 1024 ranks would send and hold for inputs of the size of Uchuu, without its
// data; or, to compare with what was counted in a real run, for a finished run:
// Usage: bench_scaling
//        bench_scaling RUN SNAPSHOT ROWS SLICE_ROWS N_VOXELS STATE_BYTES RANKS
#include <malloc.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <numbers>
#include <numeric>
#include <optional>

#include "model/network_options.hpp"
#include "model/target_batch.hpp"
#include "pipeline/base/morton.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"
#include "pipeline/base/text.hpp"
#include "stages/catalog/catalog_options.hpp"
#include "stages/common/expected.hpp"
#include "stages/common/particle_store.hpp"
#include "stages/common/slice_order.hpp"
#include "stages/common/voxelize_section.hpp"
#include "stages/extract/captured.hpp"
#include "stages/extract/extract_stage.hpp"
#include "stages/extract/extract_work.hpp"
#include "stages/extract/particle_file.hpp"
#include "stages/extract/sphere_lookup.hpp"
#include "stages/halos/halo_layer_work.hpp"
#include "stages/halos/mass_function.hpp"
#include "stages/halos/population.hpp"
#include "stages/halos/snapshot_clusters.hpp"
#include "stages/paint/gas_layer_work.hpp"
#include "stages/predict/predict_stage.hpp"
#include "stages/predict/work_items.hpp"
#include "stages/sky/sky_grid.hpp"
#include "stages/train/train_stage.hpp"
#include "stages/train/training_data_work.hpp"
#include "stages/voxelize/voxelize_work.hpp"
#include "tests/bench/scaling.hpp"

using namespace setsz;
using namespace setsz::scaling;

namespace {

constexpr double box_ckpch = 2e6;
constexpr std::int64_t particles_a_side = 12800, n_clusters = 1'000'000;
constexpr double n_sky_haloes = 7.7e8, sky_mass_min = 100;  // [1e10 Msun/h]
constexpr std::int64_t n_sample = 1'000'000;
constexpr Files uchuu_files{{8, 8, 10}};

SnapshotHeader uchuu() {
  SnapshotHeader header;
  header.box_ckpch = box_ckpch;
  header.n_particles[1] = particles_a_side * particles_a_side * particles_a_side;
  header.mass_table[1] = 3.27e-2;
  return header;
}

/// Haloes above a mass in a volume, and masses of them by chance.
class Abundance {
 public:
  Abundance() {
    Cosmology const cosmology;
    LinearPower const power(cosmology, 0.9667, 0.8159);
    double sum = 0;
    for (int i = 0; i <= n_steps; ++i) {
      mass_.push_back(1e6 * std::exp(-i * step));  // from 1e16 Msun/h down
      sum += step * tinker(cosmology, power, 0, mass_.back()).per_ln_mass;
      above_.push_back(sum);
    }
  }
  /// Mass above which there are so many in (Mpc/h)^3.
  double mass_of(double density) const {
    auto const at = std::ranges::lower_bound(above_, density) - above_.begin();
    return mass_[std::min<std::ptrdiff_t>(at, n_steps)];
  }
  double above(double mass) const {
    auto const at = std::ranges::lower_bound(mass_, mass, std::greater<>());
    return above_[std::min<std::ptrdiff_t>(at - mass_.begin(), n_steps)];
  }

 private:
  static constexpr int n_steps = 1000;
  static constexpr double step = 0.0115;  // to 1e11 Msun/h
  std::vector<double> mass_, above_;
};

ClusterTable clusters_of(Abundance const& abundance) {
  ClusterTable table;
  table.box_ckpch = box_ckpch;
  table.mass_definition = "200c";
  double const density = real(n_clusters) / std::pow(box_ckpch / 1000, 3);
  for (std::int64_t i = 0; i < n_clusters; ++i) {
    Random random(1, Purpose::test, static_cast<std::uint64_t>(i));
    Cluster cluster;
    cluster.id = i;
    cluster.position = box_ckpch * Vec3{random.uniform(), random.uniform(), random.uniform()};
    cluster.m200c = abundance.mass_of(density * random.uniform());
    auto const scales = halo_scales(table.cosmology, 0, cluster.m200c);
    cluster.r200c = scales.r200c_ckpch;
    table.clusters.edit().push_back(cluster);
  }
  std::ranges::sort(table.clusters.edit(), [](Cluster const& a, Cluster const& b) {
    return in_row_order(a.position, a.id, b.position, b.id, box_ckpch);
  });
  table.split.assign(table.clusters.size(), Split::training);
  return table;
}

/// A sample of the haloes of a sky to z = 2, with the gas of the fill to 4 R200.
std::vector<SeenHalo> sky_of(Abundance const& abundance) {
  Cosmology const cosmology;
  double const far = cosmology.comoving_distance(2), near = cosmology.comoving_distance(0.02);
  std::vector<SeenHalo> sample;
  double const density = abundance.above(sky_mass_min);
  for (std::int64_t i = 0; i < n_sample; ++i) {
    Random random(2, Purpose::test, static_cast<std::uint64_t>(i));
    double const r = std::cbrt(std::lerp(std::pow(near, 3), std::pow(far, 3), random.uniform()));
    double const mass = abundance.mass_of(density * random.uniform());
    sample.push_back({r * unit({random.normal(), random.normal(), random.normal()}),
                      4 * halo_scales(cosmology, 0, mass).r200c_ckpch});
  }
  return sample;
}

std::string megabytes(double bytes) {
  char text[32];
  std::snprintf(text, sizeof text, bytes < 9.95e6 ? "%.3g" : "%.0f", bytes / 1e6);
  return text;
}

void print(char const* stage, Replay const& r) {
  auto const mean = r.mean(), most = r.largest();
  std::printf("| %s | %zu | %ld | %ld | %s | %s | %s | %.2f | %ld | %s | %ld | %s |\n", stage,
              r.ranks.size(), static_cast<long>(mean.messages), static_cast<long>(most.messages),
              megabytes(mean.sent).c_str(), megabytes(most.sent).c_str(),
              megabytes(most.received).c_str(), r.crowding, static_cast<long>(r.dense),
              megabytes(8 * real(r.dense) * real(r.ranks.size())).c_str(),
              static_cast<long>(r.reductions), megabytes(r.gathered).c_str());
}

void print_names() {
  std::puts(
      "| stage | ranks | messages a rank, mean | most | MB sent a rank, mean | most | MB received, "
      "most | crowding | count exchanges | MB in them a rank | reductions | MB gathered a rank |");
  std::puts("|---|---|---|---|---|---|---|---|---|---|---|---|");
}

/// Bytes on the heap that `make` leaves, in what it returns.
double bytes_of(auto const& make) {
  auto const held = [] {
    auto const info = mallinfo2();
    return real(info.uordblks + info.hblkhd);
  };
  double const before = held();
  auto const object = make();
  return held() - before;
}

std::vector<double> expected_of(ClusterTable const& table, SnapshotHeader const& header) {
  std::vector<double> expected;
  ExtractOptions const options;
  for (auto const& cluster : table.clusters)
    expected.push_back(expected_particles(cluster, options.sphere_radius(cluster), header));
  return expected;
}

/// What every rank holds of all clusters, whatever the number of ranks.
void print_state(ClusterTable const& table, std::vector<double> const& expected, int n_ranks) {
  ExtractOptions const options;
  auto const row = [&](char const* what, double bytes) {
    std::printf("| %s | %s |\n", what, megabytes(bytes).c_str());
  };
  std::puts("| of all clusters | MB |\n|---|---|");
  double const rows = bytes_of([&] { return ClusterTable(table).clusters; });
  row("all stages, once a node: the rows of clusters.h5", rows);
  row("extract: who owns what, what is held of each", bytes_of([&] {
        static Comm const comm = Comm::self();
        return std::make_unique<ParticleGatherer>(comm, expected, 1 << 20, 1e9);
      }));
  row("extract: the spheres, by cells", bytes_of([&] {
        std::vector<Sphere> spheres;
        for (auto const& cluster : table.clusters)
          spheres.push_back({cluster.position, options.sphere_radius(cluster)});
        return SphereLookup(PeriodicBox(table.box_ckpch), std::move(spheres));
      }));
  row("extract: the layout of particles.h5", bytes_of([&] {
        std::vector<std::int64_t> const counts(expected.begin(), expected.end());
        std::vector<double> const radii(counts.size(), 1000);
        return ParticleFileLayout(counts, radii, radii);
      }));
  row("predict: items of work", bytes_of([&] {
        VoxelizeOptions const cube;
        VoxelLists const lists(cube.n_voxels, cube.voxel_position);
        std::vector<std::int64_t> n_voxels;
        for (auto const& cluster : table.clusters)
          n_voxels.push_back(lists.count(cube.lattice(cluster)));
        WorkItems items(n_voxels, PredictOptions().block_voxels);
        ItemsLeft left(items, {}, n_ranks);
        return std::pair(std::move(items), std::move(left));
      }));
  row("paint, sky: the neighbours of each",
      bytes_of([&] { return SnapshotClusters(ClusterTable(table)); }) - rows);
}

std::vector<std::int64_t> voxels_of(ClusterTable const& table, std::int64_t n_voxels) {
  VoxelizeOptions cube;
  cube.n_voxels = n_voxels;
  VoxelLists const lists(cube.n_voxels, cube.voxel_position);
  std::vector<std::int64_t> n;
  for (auto const& cluster : table.clusters) n.push_back(lists.count(cube.lattice(cluster)));
  return n;
}

/// What the rank with most of it holds as its own share.
void print_shares(ClusterTable const& table, std::vector<double> const& expected, int n_ranks) {
  VoxelizeOptions const cube;
  double const cells = std::pow(real(cube.n_voxels), 3);
  double const voxels = cube.targets();
  auto const cubes = real(even_range(table.size(), 0, n_ranks).size());
  std::printf("| %d | %s | %s |", n_ranks, megabytes(36 * largest_share(expected, n_ranks)).c_str(),
              megabytes(4 * (cells + voxels) * cubes).c_str());
  for (std::int64_t const nside : {8192, 16384}) {
    SkyGrid const grid{RingGeometry(nside)};
    auto const rings = grid.boundaries(n_ranks);
    double most = 0;
    for (int rank = 0; rank < n_ranks; ++rank) {
      double pixels = 0;
      for (auto ring = rings[rank]; ring < rings[rank + 1]; ++ring)
        pixels += real(grid.pixels_of(ring).size());
      most = std::max(most, pixels);
    }
    std::printf(" %s |", megabytes(12 * most).c_str());
  }
  std::puts("");
}

/// Haloes of the box that are no clusters, in the order of halos.h5: a sample, of which each stands
/// for several.
struct Fill {
  std::vector<SeenHalo> seen;
  std::vector<HaloSphere> spheres;
  double each;
};
Fill fill_of(Abundance const& abundance) {
  constexpr std::int64_t n = 4'000'000;
  Cosmology const cosmology;
  double const density = abundance.above(CatalogOptions().fill_mass_min_msunh / 1e10);
  std::vector<std::pair<std::uint64_t, HaloSphere>> haloes;
  for (std::int64_t i = 0; i < n; ++i) {
    Random random(3, Purpose::test, static_cast<std::uint64_t>(i));
    HaloSphere halo{i, box_ckpch * Vec3{random.uniform(), random.uniform(), random.uniform()},
                    abundance.mass_of(density * random.uniform())};
    halo.radius_ckpch = halo_scales(cosmology, 0, halo.mass).r200c_ckpch;
    haloes.emplace_back(morton_key(halo.position, box_ckpch), halo);
  }
  Fill fill{.seen = {}, .spheres = {}, .each = density * std::pow(box_ckpch / 1000, 3) / real(n)};
  for (auto const& [key, halo] : haloes) fill.spheres.push_back(halo);  // as the list has them
  std::ranges::sort(haloes, {}, [](auto const& halo) { return halo.first; });
  for (auto const& [key, halo] : haloes)
    fill.seen.push_back({halo.position, PopulationOptions().fill_cut_r200 * halo.radius_ckpch});
  return fill;
}

/// A lane of a training with default options, on its way.
double lane_bytes() {
  TrainOptions const train;
  TargetBatch batch;
  auto const n = static_cast<std::size_t>(train.targets / train.lanes);
  NetworkOptions network;
  network.modules = {"gnfw", "origin", "local", "aggregator"};
  auto const needs = network.needs();
  batch.position.resize(n), batch.truth.resize(n), batch.target_weight.resize(n);
  batch.n_within.resize(n), batch.first_particle.resize(n + 1);
  batch.local.resize(n * static_cast<std::size_t>(needs.local_particles.in(Phase::training)));
  batch.cluster_particles.resize(
      static_cast<std::size_t>(needs.cluster_particles.in(Phase::training)));
  std::vector<std::byte> message;
  pack(Lane{0, batch}, message);
  return real(std::ssize(message));
}

/// Passes over a snapshot of the size of Uchuu's; for gas as if there were as many cells as
/// particles.
class Uchuu {
 public:
  Uchuu()
      : table_(clusters_of(abundance_)),
        expected_(expected_of(table_, uchuu())),
        n_voxels_(voxels_of(table_, VoxelizeOptions().n_voxels)),
        sky_(sky_of(abundance_)),
        fill_(fill_of(abundance_)) {
    VoxelizeOptions const cube;
    double particles = 0;
    for (double const n : expected_) particles += n;
    for (auto const& cluster : table_.clusters)  // the ball that has the volume of the cube
      in_cubes_.push_back(expected_particles(cluster, 0.62 * cube.edge(cluster), uchuu()));
    std::printf("clusters above %.3g Msun/h, %.3g particles in their spheres, %.3g other haloes\n",
                1e10 * std::ranges::min(table_.clusters, {}, &Cluster::m200c).m200c, particles,
                fill_.each * real(std::ssize(fill_.seen)));
  }

  void print_stages(int n_ranks) const {
    print_catalog(n_ranks);
    Pass pass{.n_rows = uchuu().n_particles[1],
              .slice_rows = run_.slice_rows,
              .row_bytes = sizeof(CapturedParticle),
              .most_bytes = 1e6 * run_.memory_mb / 4,
              .reductions = 2,
              .files = uchuu_files,
              .in_file_order = true};
    Capture const spheres{table_, expected_, expected_};
    print("extract, slices as they lie in the files", replay(pass, spheres, n_ranks));
    pass.in_file_order = false;
    print("extract", replay(pass, spheres, n_ranks));
    print_gas(n_ranks);
    print("fit, 100 points", replay_fit(n_clusters, 100, n_ranks));
    print_training(n_ranks);
    print("predict", replay_prediction(n_voxels_, PredictOptions().block_voxels, 64, n_ranks));
    print_paint(n_ranks);
    for (std::int64_t const nside : {8192, 16384})
      print(concat("sky, nside ", nside).c_str(), replay_sky(sky_, n_sky_haloes, nside, n_ranks));
  }
  /// Of few ranks.
  void print_few() const {
    for (int const n_ranks : {2, 8}) print_paint(n_ranks);
  }
  ClusterTable const& table() const { return table_; }
  std::vector<double> const& expected() const { return expected_; }

 private:
  void print_catalog(int n_ranks) const {
    print("catalog, haloes that meet",
          replay_meeting(fill_.spheres, fill_.each, box_ckpch, n_ranks));
    std::vector<std::vector<Cluster>> rows(static_cast<std::size_t>(n_ranks));
    for (auto const& cluster : table_.clusters)  // ids have no order in space
      rows[static_cast<std::size_t>(cluster.id % n_ranks)].push_back(cluster);
    print("catalog, sorting the clusters", replay_sort(std::move(rows), box_ckpch));
  }
  void print_gas(int n_ranks) const {
    auto const slice_rows = rows_of_gas_slice(run_.slice_rows);
    Pass pass{.n_rows = uchuu().n_particles[1],
              .slice_rows = slice_rows,
              .slices_of_a_rank = CubeGatherer::slices_of_a_rank(run_, slice_rows, n_ranks),
              .row_bytes = sizeof(GasBall),
              .reductions = 1,
              .gathered = 24,
              .files = uchuu_files};
    print("voxelize", replay(pass, Capture{table_, cube_costs(table_), in_cubes_}, n_ranks));
    pass.slices_of_a_rank = GasLayer::slices_of_a_rank(run_, slice_rows);
    pass.row_bytes = GasLayer::bytes_a_cell;
    pass.gathered = 0;
    double const cell = box_ckpch / particles_a_side;
    print(concat("paint, the gas on ", n_grid, "^3 cells").c_str(),
          replay(pass, OntoGrid{n_grid, box_ckpch, 0.62 * cell}, n_ranks));
  }
  void print_training(int n_ranks) const {
    TrainOptions const train;
    auto const n_lanes = train.lanes * train.clusters_per_step;
    Training what{
        .particles = expected_,
        .steps = {},
        .drawn_at_once = steps_drawn_at_once(lane_bytes() * real(n_lanes), n_lanes, n_ranks),
        .lanes_of_a_cluster = train.lanes,
        .lane_bytes = lane_bytes(),
        .n_parameters = 100'000};
    std::vector<std::int64_t> rows(expected_.size());
    std::iota(rows.begin(), rows.end(), std::int64_t{0});
    auto const order = epoch_order(rows, 1, 0);
    for (auto first = order.begin(); what.steps.size() < 100; first += train.clusters_per_step)
      what.steps.emplace_back(first, first + train.clusters_per_step);
    print("train, 100 steps", replay_training(what, n_ranks));
  }
  void print_paint(int n_ranks) const {
    auto const images = HaloLayer::images_of_a_rank(1e6 * run_.memory_mb, 1 << 16);
    auto const canvas = empty_box(n_grid, box_ckpch, n_ranks);
    print("paint, fill in the order of rows",
          replay_images(canvas, fill_.seen, fill_.each, images, n_ranks));
    print("paint, fill",
          replay_images(canvas, in_blocks(fill_.seen, fill_.each), fill_.each, images, n_ranks));
    print("paint, sums of columns", replay_ordered_sum(n_grid, n_grid * n_grid, n_ranks));
  }

  static constexpr std::int64_t n_grid = 2048;
  Abundance abundance_;
  RunOptions run_;
  ClusterTable table_;
  std::vector<double> expected_, in_cubes_;
  std::vector<std::int64_t> n_voxels_;
  std::vector<SeenHalo> sky_;
  Fill fill_;
};

void plan_uchuu() {
  Uchuu const uchuu;
  print_names();
  for (int const n_ranks : {64, 256, 1024}) uchuu.print_stages(n_ranks);
  uchuu.print_few();
  std::puts("");
  print_state(uchuu.table(), uchuu.expected(), 1024);
  std::puts(
      "\n| ranks | extract: particles | predict: cubes | sky: map, nside 8192 | 16384 "
      "|\n|---|---|---|---|---|");
  for (int const n_ranks : {64, 256, 1024}) print_shares(uchuu.table(), uchuu.expected(), n_ranks);
}

void plan_run(char const* const* arguments) {
  auto const run = std::string(arguments[1]), snapshot = std::string(arguments[2]);
  auto const table = read_clusters(concat(run, "/catalog/", snapshot, "/clusters.h5"));
  ParticleStore const store(concat(run, "/extract/", snapshot, "/particles.h5"));
  auto header = uchuu();
  header.mass_table[1] = store.particle_mass();
  Capture spheres{.table = table, .cost = {}, .captured = {}};
  for (std::int64_t row = 0; row < table.size(); ++row) {
    spheres.cost.push_back(expected_particles(table.clusters[row], store.radius(row), header));
    spheres.captured.push_back(real(store.count(row)));
  }
  int const n_ranks = std::atoi(arguments[7]);
  print_names();
  print("extract", replay({.n_rows = std::atoll(arguments[3]),
                           .slice_rows = std::atoll(arguments[4]),
                           .row_bytes = sizeof(CapturedParticle),
                           .most_bytes = 1e6 * RunOptions().memory_mb / 4,
                           .reductions = 2},
                          spheres, n_ranks));
  print("predict",
        replay_prediction(voxels_of(table, std::atoll(arguments[5])), PredictOptions().block_voxels,
                          std::atoll(arguments[6]), n_ranks));
}

}  // namespace

int main(int argc, char** argv) {
  MpiSession session(argc, argv);
  if (argc == 8)
    plan_run(argv);
  else
    plan_uchuu();
  session.finalize();
}
