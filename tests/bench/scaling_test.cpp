// SPDX-License-Identifier: BSD-3-Clause
// Particles and gas that go to their owners.
#include <algorithm>
#include <filesystem>

#include "io/snapshot.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"
#include "stages/common/expected.hpp"
#include "stages/common/particle_store.hpp"
#include "stages/common/slice_order.hpp"
#include "stages/extract/captured.hpp"
#include "stages/paint/gas_layer_work.hpp"
#include "stages/voxelize/voxelize_work.hpp"
#include "tests/bench/counted.hpp"
#include "tests/fixtures/scratch.hpp"
#include "tests/fixtures/snapshot_writer.hpp"
#include "tests/stages/extract/workplace.hpp"

namespace setsz::scaling {
namespace {

Replay replayed(Comm const& comm, test::Workplace const& workplace,
                test::SmallUniverse const& universe, std::int64_t slice_rows) {
  ParticleStore const store(workplace / "a/particles.h5");
  Capture what{.table = universe.table, .cost = {}, .captured = {}};
  for (std::int64_t row = 0; row < universe.table.size(); ++row) {
    what.cost.push_back(
        expected_particles(universe.table.clusters[row], store.radius(row), universe.header()));
    what.captured.push_back(real(store.count(row)));
  }
  return replay({.n_rows = std::ssize(universe.particles.id),
                 .slice_rows = slice_rows,
                 .row_bytes = sizeof(CapturedParticle),
                 .most_bytes = 1e6 * workplace.options().memory_mb / 4},
                what, comm.size());
}

TEST(Scaling, ExtractSendsWhatIsReplayed) {
  auto const comm = Comm::world();
  test::Workplace workplace(comm);
  test::SmallUniverse universe;
  universe.shuffle();
  workplace.hold(universe, 1);
  auto const run = [&](std::int64_t slice_rows) {
    return counted([&] { workplace.run(comm, "a", slice_rows); });
  };
  // Beside the particles the product is written: a chunk goes to the rank that holds most of it,
  // and hashes to the rank that reads it back. That depends on the product alone; it is what is
  // left of a run whose snapshot is one slice.
  constexpr std::int64_t one_slice = 1'000'000;
  auto const whole = run(one_slice);
  auto const whole_model = replayed(comm, workplace, universe, one_slice);
  for (std::int64_t const slice_rows : {500, 3000})
    expect_sent("extract", comm, run(slice_rows) - whole,
                replayed(comm, workplace, universe, slice_rows) - whole_model, 0.05);
}

constexpr double box = 1000;

Vec3 somewhere(std::uint64_t number) {
  Random random(number, Purpose::test);
  return box * Vec3{random.uniform(), random.uniform(), random.uniform()};
}

ClusterTable some_clusters(std::int64_t n) {
  ClusterTable table;
  table.box_ckpch = box;
  auto& clusters = table.clusters.edit();
  for (std::int64_t i = 0; i < n; ++i) {
    auto& cluster = clusters.emplace_back();
    cluster.id = i;
    cluster.position = somewhere(static_cast<std::uint64_t>(i));
    cluster.m200c = 1000 + 100 * real(i % 7);
  }
  std::ranges::sort(clusters, [](Cluster const& a, Cluster const& b) {
    return in_row_order(a.position, a.id, b.position, b.id, box);
  });
  return table;
}

TEST(Scaling, VoxelizeSendsWhatIsReplayed) {
  auto const comm = Comm::world();
  auto const table = some_clusters(12);
  std::vector<Cube> cubes;
  for (auto const& cluster : table.clusters) cubes.push_back({cluster.position, 100, 20});
  constexpr std::int64_t n_gas = 400'000, slice_rows = 5000, slices_of_a_rank = 4;
  auto const ball = [](std::int64_t row) {
    return GasBall{somewhere(static_cast<std::uint64_t>(1000 + row)), 5, 1, 1, 1};
  };
  auto const costs = cube_costs(table);
  std::vector<double> captured(cubes.size(), 0);
  CubeSearch search(PeriodicBox(box), cubes);
  for (std::int64_t row = 0; row < n_gas; ++row)
    for (auto const& hit : search(ball(row).position, ball(row).radius)) captured[hit.cube] += 1;

  CubeGatherer gatherer(comm, PeriodicBox(box), cubes, costs, 4);
  SliceTurns const turns(SliceOrder(n_gas, slice_rows), slices_of_a_rank);
  auto const run = counted([&] {
    for (std::int64_t done = 0; done < turns.n_slices(); done = turns.end(done, comm.size())) {
      turns.each(done, comm.rank(), comm.size(), [&](Range rows) {
        for (auto row = rows.first; row < rows.last; ++row) gatherer.capture(ball(row));
      });
      gatherer.deliver();
    }
  });
  expect_sent("voxelize", comm, run,
              replay({.n_rows = n_gas,
                      .slice_rows = slice_rows,
                      .slices_of_a_rank = slices_of_a_rank,
                      .row_bytes = sizeof(GasBall)},
                     Capture{table, costs, captured}, comm.size()),
              0.1);
}

TEST(Scaling, TheGridOfTheGasSendsWhatIsReplayed) {
  auto const comm = Comm::world();
  test::Scratch const scratch(comm);
  if (comm.is_root()) {
    std::filesystem::create_directories(scratch / "gas");
    test::SmallSnapshot::of_gas({7000, 5000}, 1e5, 1.0).write(scratch / "gas");
  }
  comm.barrier();
  Snapshot const gas(
      {test::snapshot_file(scratch / "gas", 0), test::snapshot_file(scratch / "gas", 1)},
      Snapshot::Kind::gas);
  auto const rows = gas.read_gas({0, gas.n_rows()});
  double radius = 0, hot = 0;
  for (std::size_t i = 0; i < rows.mass.size(); ++i) {
    radius +=
        gas_ball(CellSize::volume, rows.position[i], rows.mass[i], rows.density[i], 1, 0).radius /
        real(rows.mass.size());
    hot += rows.electron_pressure[i] > 0 ? 1 / real(rows.mass.size()) : 0;
  }
  constexpr std::int64_t n_grid = 24, slice_rows = 100, slices_of_a_rank = 4;
  BoxCanvas canvas(even_planes(n_grid, comm.size()), comm.rank(), gas.header().box_ckpch);
  GasLayer layer(comm,
                 {gas, CellSize::volume, {SliceOrder(gas.n_rows(), slice_rows), slices_of_a_rank}},
                 canvas, 1e-6);
  auto const run = counted([&] {
    for (std::int64_t done = 0; done < layer.size();) done = layer.paint(done);
  });
  expect_sent("gas on a grid", comm, run,
              replay({.n_rows = gas.n_rows(),
                      .slice_rows = slice_rows,
                      .slices_of_a_rank = slices_of_a_rank,
                      .row_bytes = hot * GasLayer::bytes_a_cell},
                     OntoGrid{n_grid, gas.header().box_ckpch, radius}, comm.size()),
              0.05);
}

}  // namespace
}  // namespace setsz::scaling
