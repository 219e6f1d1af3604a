// SPDX-License-Identifier: BSD-3-Clause
// Haloes that meet, are sorted and painted; sums over ranks.
#include <algorithm>

#include "model/lane_sum.hpp"
#include "pipeline/base/morton.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/ordered_sum.hpp"
#include "pipeline/base/random.hpp"
#include "stages/catalog/hosts_work.hpp"
#include "stages/common/row_order.hpp"
#include "stages/fit/fit_work.hpp"
#include "stages/halos/halo_layer_work.hpp"
#include "stages/paint/gas_layer_work.hpp"
#include "stages/sky/sky_canvas.hpp"
#include "tests/bench/counted.hpp"

namespace setsz::scaling {
namespace {

constexpr double box = 1000;

Vec3 somewhere(std::uint64_t number) {
  Random random(number, Purpose::test);
  return box * Vec3{random.uniform(), random.uniform(), random.uniform()};
}

/// Haloes without gas, each seen at one place.
class Haloes : public HaloSource {
 public:
  explicit Haloes(std::vector<SeenHalo> haloes) : haloes_(std::move(haloes)) {}
  HaloKind kind() const override { return HaloKind::fill; }
  std::int64_t n_places() const override { return std::ssize(haloes_); }
  std::int64_t images_per_turn() const override { return 300; }
  std::int64_t find_images(Range places, std::vector<HaloImage>& images) const override {
    for (auto place = places.first; place < places.last; ++place) {
      auto const& [seen, reach] = haloes_[static_cast<std::size_t>(place)];
      images.push_back({.halo = {.row = place, .reach = reach}, .seen = seen});
    }
    return 0;
  }
  HaloGas gas_of(BoxHalo const&, Field const&) const override {
    return {SparseCube(std::vector<float>(8, 0), 2, 1), Claims::on_fill({})};
  }
  double weight_of(HaloImage const&, Field const&) const override { return 0; }

 private:
  std::vector<SeenHalo> haloes_;
};

traffic::Traffic painted(Comm const& comm, Canvas& canvas, std::vector<SeenHalo> const& haloes) {
  Haloes const source(haloes);
  HaloLayer layer(comm, "test", source, {{field_table().front(), canvas, 1e-6}}, 1e9);
  return counted([&] {
    for (std::int64_t done = 0; done < layer.size();) done = layer.paint(done);
  });
}

TEST(Scaling, PaintSendsWhatIsReplayed) {
  auto const comm = Comm::world();
  BoxCanvas canvas(even_planes(16, comm.size()), comm.rank(), box);
  std::vector<SeenHalo> haloes;
  for (std::uint64_t i = 0; i < 5003; ++i) haloes.push_back({somewhere(i), 20});
  expect_sent("paint", comm, painted(comm, canvas, haloes),
              replay_images(empty_box(16, box, comm.size()), haloes, 1,
                            HaloLayer::images_of_a_rank(1e9, 300), comm.size()),
              1e-9);
}

/// Haloes come in the order of space; at a time all ranks get about as many.
TEST(Scaling, AFillOfManyHaloesIsPaintedByAllRanksAtATime) {
  std::vector<SeenHalo> haloes;
  for (std::uint64_t i = 0; i < 300'000; ++i) haloes.push_back({somewhere(i), 3});
  std::ranges::sort(haloes, {}, [](SeenHalo const& halo) { return morton_key(halo.seen, box); });
  constexpr int n_ranks = 8;
  auto const crowding = [&](std::vector<SeenHalo> const& order) {
    return replay_images(empty_box(256, box, n_ranks), order, 1, 4096, n_ranks).crowding;
  };
  EXPECT_GT(crowding(haloes), 2);
  EXPECT_LT(crowding(in_blocks(haloes, 64)), 1.5);  // blocks of 256
}

TEST(Scaling, SkySendsWhatIsReplayed) {
  auto const comm = Comm::world();
  constexpr std::int64_t nside = 32;
  SkyCanvas canvas(SkyGrid(RingGeometry(nside)), comm.rank(), comm.size());
  std::vector<SeenHalo> haloes;
  for (std::uint64_t i = 0; i < 9000; ++i)
    haloes.push_back({somewhere(i) - Vec3{box / 2, box / 2, box / 2}, 3});
  auto const run = painted(comm, canvas, haloes);
  expect_sent("sky, halo by halo", comm, run, replay_images(canvas, haloes, 1, 300, comm.size()),
              1e-9);
  expect_sent("sky", comm, run, replay_sky(haloes, 9000, nside, comm.size(), 300), 0.1);
}

TEST(Scaling, HaloesMeetAsIsReplayed) {
  auto const comm = Comm::world();
  std::vector<HaloSphere> haloes;
  for (std::int64_t i = 0; i < 400; ++i)
    haloes.push_back({i, somewhere(static_cast<std::uint64_t>(i)), 1, 4});
  Range const own = even_range(400, comm.rank(), comm.size());
  auto const run = counted([&] {
    auto const inside =
        inside_heavier(comm, {haloes.begin() + own.first, haloes.begin() + own.last}, box);
    EXPECT_TRUE(inside.empty());  // else there are answers
  });
  expect_sent("catalog, haloes that meet", comm, run, replay_meeting(haloes, 1, box, comm.size()),
              1e-9);
}

TEST(Scaling, ClustersAreSortedAsIsReplayed) {
  auto const comm = Comm::world();
  std::vector<std::vector<Cluster>> rows(static_cast<std::size_t>(comm.size()));
  for (std::int64_t i = 0; i < 3000; ++i) {
    auto& cluster = rows[static_cast<std::size_t>(i * i) % rows.size()].emplace_back();
    cluster.id = i;
    cluster.position = somewhere(static_cast<std::uint64_t>(i));
  }
  auto const run =
      counted([&] { sorted_over_ranks(comm, rows[static_cast<std::size_t>(comm.rank())], box); });
  auto const model = replay_sort(rows, box);
  expect_sent("catalog, sorting", comm, run, model, 1e-9);
  EXPECT_EQ(run.gathers.bytes, model.gathered);
}

TEST(Scaling, AThousandRanksSortAboutAsManyClustersEach) {
  std::vector<std::vector<Cluster>> rows(1000);
  for (std::int64_t i = 0; i < 300'000; ++i) {
    auto& cluster = rows[static_cast<std::size_t>(i) % rows.size()].emplace_back();
    cluster.id = i;
    cluster.position = somewhere(static_cast<std::uint64_t>(i));
  }
  EXPECT_LT(replay_sort(std::move(rows), box).crowding, 2);
}

TEST(Scaling, TheFitAsksAsIsReplayed) {
  auto const comm = Comm::world();
  constexpr std::int64_t n_clusters = 31, n_points = 5;
  CubeLattice const lattice{16, 5};
  auto const sums = radial_sums(lattice, std::vector<float>(lattice.n_cells(), 1));
  Range const mine = even_range(fit_blocks(n_clusters), comm.rank(), comm.size());
  std::vector<std::vector<FitCluster>> const blocks(static_cast<std::size_t>(mine.size()),
                                                    {{1000, &sums}});
  SharedResiduals residuals(comm, blocks, {.h = 0.7, .pivot = 0, .n_clusters = n_clusters});
  auto const run = counted([&] {
    residuals.lead([&] {
      for (std::int64_t i = 0; i < n_points; ++i) residuals.at({});
    });
  });
  expect_sent("fit", comm, run, replay_fit(n_clusters, n_points, comm.size()), 1e-9);
}

TEST(Scaling, OrderedSumsSendWhatIsReplayed) {
  auto const comm = Comm::world();
  constexpr std::int64_t n_rows = 5000, n_columns = 2500;  // more than goes at once
  Range const own = even_range(n_rows, comm.rank(), comm.size());
  std::vector<double> const rows(static_cast<std::size_t>(own.size() * n_columns), 1.0);
  auto const run = counted([&] {
    auto const sums = ordered_sum(comm, rows, n_columns);
    EXPECT_EQ(sums, std::vector<double>(n_columns, real(n_rows)));
  });
  auto const model = replay_ordered_sum(n_rows, n_columns, comm.size());
  expect_sent("sums over planes", comm, run, model, 1e-9);
  if (comm.size() > 1) {
    EXPECT_EQ(run.gathers.bytes, model.gathered);
  }
}

TEST(Scaling, GradientsAreAddedAsIsReplayed) {
  auto const comm = Comm::world();
  for (std::int64_t const n_lanes : {2, 7}) {
    constexpr std::int64_t n_parameters = 1000;
    Training what{.particles = std::vector<double>(4, 1),
                  .steps = {{0}},
                  .drawn_at_once = 1,
                  .lanes_of_a_cluster = n_lanes,
                  .lane_bytes = 0,
                  .n_parameters = n_parameters};
    auto const with = replay_training(what, comm.size());
    what.n_parameters = 0;
    LaneSum lanes(comm, n_parameters);
    std::vector<float> const one(n_parameters, 1);
    std::vector<float> sum(n_parameters);
    auto const run = counted([&] {
      lanes.begin(even_range(n_lanes, comm.rank(), comm.size()).size());
      for (auto lane = lanes.own_lanes().first; lane < lanes.own_lanes().last; ++lane)
        lanes.put_gradient(lane, one);
      lanes.sum_gradients(sum);
    });
    EXPECT_EQ(sum, std::vector<float>(n_parameters, single(real(n_lanes))));
    expect_sent("train, gradients", comm, run, with - replay_training(what, comm.size()), 1e-9);
  }
}

}  // namespace
}  // namespace setsz::scaling
