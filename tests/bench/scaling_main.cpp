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
#include <optional>

#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"
#include "pipeline/base/text.hpp"
#include "stages/common/expected.hpp"
#include "stages/common/particle_store.hpp"
#include "stages/common/voxelize_section.hpp"
#include "stages/extract/extract_stage.hpp"
#include "stages/extract/extract_work.hpp"
#include "stages/extract/particle_file.hpp"
#include "stages/extract/sphere_lookup.hpp"
#include "stages/halos/mass_function.hpp"
#include "stages/halos/snapshot_clusters.hpp"
#include "stages/predict/predict_stage.hpp"
#include "stages/predict/work_items.hpp"
#include "stages/sky/sky_grid.hpp"
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

void plan_uchuu() {
  Abundance const abundance;
  auto const table = clusters_of(abundance);
  auto const expected = expected_of(table, uchuu());
  auto const sample = sky_of(abundance);
  RunOptions const run;
  auto const n_voxels = voxels_of(table, VoxelizeOptions().n_voxels);
  double particles = 0;
  for (double const n : expected) particles += n;
  std::printf("clusters above %.3g Msun/h, %.3g particles in their spheres\n",
              1e10 * std::ranges::min(table.clusters, {}, &Cluster::m200c).m200c, particles);
  Extraction extraction{.table = table,
                        .expected = expected,
                        .captured = expected,
                        .n_rows = uchuu().n_particles[1],
                        .slice_rows = run.slice_rows,
                        .memory_bytes = 1e6 * run.memory_mb,
                        .files = uchuu_files};
  print_names();
  for (int const n_ranks : {64, 256, 1024}) {
    extraction.in_file_order = true;
    print("extract, slices as they lie in the files", replay(extraction, n_ranks));
    extraction.in_file_order = false;
    print("extract", replay(extraction, n_ranks));
    print("predict", replay_prediction(n_voxels, PredictOptions().block_voxels, 64, n_ranks));
    for (std::int64_t const nside : {8192, 16384})
      print(concat("sky, nside ", nside).c_str(), replay_sky(sample, n_sky_haloes, nside, n_ranks));
  }
  std::puts("");
  print_state(table, expected, 1024);
  std::puts(
      "\n| ranks | extract: particles | predict: cubes | sky: map, nside 8192 | 16384 "
      "|\n|---|---|---|---|---|");
  for (int const n_ranks : {64, 256, 1024}) print_shares(table, expected, n_ranks);
}

void plan_run(char const* const* arguments) {
  auto const run = std::string(arguments[1]), snapshot = std::string(arguments[2]);
  auto const table = read_clusters(concat(run, "/catalog/", snapshot, "/clusters.h5"));
  ParticleStore const store(concat(run, "/extract/", snapshot, "/particles.h5"));
  auto header = uchuu();
  header.mass_table[1] = store.particle_mass();
  Extraction extraction{.table = table,
                        .expected = {},
                        .captured = {},
                        .n_rows = std::atoll(arguments[3]),
                        .slice_rows = std::atoll(arguments[4]),
                        .memory_bytes = 1e6 * RunOptions().memory_mb};
  for (std::int64_t row = 0; row < table.size(); ++row) {
    extraction.expected.push_back(
        expected_particles(table.clusters[row], store.radius(row), header));
    extraction.captured.push_back(real(store.count(row)));
  }
  int const n_ranks = std::atoi(arguments[7]);
  print_names();
  print("extract", replay(extraction, n_ranks));
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
