// SPDX-License-Identifier: BSD-3-Clause
// A new field is one row: here an optical depth, mass per area, painted on both canvases by the
// layers that paint Compton y.
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "model/gnfw.hpp"
#include "pipeline/base/random.hpp"
#include "stages/halos/halo_layer_work.hpp"
#include "stages/paint/box_canvas.hpp"
#include "stages/sky/sky_canvas.hpp"
#include "stages/sky/sky_placement.hpp"

namespace setsz {
namespace {

constexpr double box = 50000;

constexpr Field optical_depth = {
    .name = "tau",
    .title = "optical depth",
    .product = "optical_depth",
    .column = "TAU",
    .unit = "",
    .density_name = "density",
    .density_title = "electron density",
    .density_unit = "1e10 Msun/h (ckpc/h)^-3",
    .density_a_power = -3,
    .density_h_power = 2,
    .is_pressure = false,
    .needs_velocity = false,
    .quantum_sr = 1e-20,
    .of_halo = [](BoxHalo const& halo, double) { return halo.mass / std::pow(halo.r200, 3); },
    .integral = [](double column, double a, double) { return 1e-3 * column / (a * a); }};

/// Haloes with profiles, in memory; every third one is cut by a neighbour.
class SomeHaloes : public HaloSet {
 public:
  SomeHaloes() : family_(profile, 900, 10000, 4) {}
  HaloKind kind() const override { return HaloKind::fill; }
  std::int64_t n_rows() const override { return 40; }
  std::int64_t images_per_turn() const override { return 7; }
  std::vector<BoxHalo> read(Range rows) const override {
    std::vector<BoxHalo> halos;
    for (std::int64_t row = rows.first; row < rows.last; ++row) {
      Random random(3, Purpose::test, static_cast<std::uint64_t>(row));
      Vec3 const place{box * random.uniform(), box * random.uniform(), box * random.uniform()};
      double const mass = 1000 * std::pow(9, random.uniform());
      auto const scales = halo_scales(Cosmology{}, 0, mass);
      halos.push_back(
          {row, place, mass, scales.r200c_ckpch, scales.p200_code, 4 * scales.r200c_ckpch});
    }
    return halos;
  }
  HaloGas gas_of(BoxHalo const& halo, Field const&) const override {
    std::vector<Neighbour> neighbours;
    if (halo.row % 3 == 0) neighbours.push_back({{2 * halo.r200, 0, 0}, halo.r200, 0});
    return {ProfileGas{&family_, halo.mass, halo.r200}, Claims::on_fill(neighbours)};
  }

 private:
  static double profile(double mass, double x) { return gnfw(gnfw_shape({}, mass, 0.6774, 0), x); }
  ProfileFamily family_;
};

void paint_all(Layer& layer) {
  for (std::int64_t done = 0; done < layer.size();) done = layer.paint(done);
}

double total(Comm const& comm, std::span<double const> values) {
  double sum = 0;
  for (double const part : comm.all_gather(std::accumulate(values.begin(), values.end(), 0.0)))
    sum += part;
  return sum;
}

/// First plane of every rank; the second of three has none.
std::vector<std::int64_t> planes_for(Comm const& comm, std::int64_t n) {
  std::vector<std::int64_t> first;
  for (int rank = 0; rank < comm.size(); ++rank) first.push_back(rank == 0 ? 0 : 5);
  first.push_back(n);
  return first;
}

TEST(ToyField, FillsABoxWithTheMassOfItsHaloes) {
  Comm const comm = Comm::world(), alone = Comm::self();
  SomeHaloes const halos;
  BoxPlacement const placement;
  BoxReplicas const source(halos, placement);
  BoxCanvas canvas(planes_for(comm, 20), comm.rank(), box), whole({0, 20}, 0, box);
  HaloLayer layer(comm, "test", source, {{optical_depth, canvas, 1e-9}}, 1e6),
      on_one(alone, "test", source, {{optical_depth, whole, 1e-9}}, 1e6);
  paint_all(layer);
  paint_all(on_one);

  double expected = 0;
  for (auto const& halo : halos.read({0, halos.n_rows()}))
    expected += optical_depth.of_halo(halo, 0) * halos.gas_of(halo, optical_depth).total();
  auto const& tally = on_one.tallies().front();
  EXPECT_EQ(tally.n_images(), halos.n_rows());
  EXPECT_GT(tally.removed(), 0);
  EXPECT_NEAR((tally.painted() + tally.removed()) / expected, 1, 1e-9);
  EXPECT_NEAR(total(comm, canvas.grid().values()) / tally.painted(), 1, 1e-9);

  std::int64_t n_images = comm.all_sum(layer.tallies().front().n_images());
  EXPECT_EQ(n_images, halos.n_rows());
  for (auto plane = canvas.grid().planes().first; plane < canvas.grid().planes().last; ++plane)
    for (std::size_t i = 0; i < 400; ++i)
      ASSERT_EQ(canvas.grid().plane(plane)[i], std::as_const(whole).grid().plane(plane)[i]);
}

TEST(ToyField, CoversTheSkyWithTheMassOfEveryImage) {
  Comm const comm = Comm::world(), alone = Comm::self();
  SomeHaloes const halos;
  DistanceTable const distances(Cosmology{}, 0.1);
  Vec3 const observer{1000, 20000, 30000};
  SkyPlacement const placement(Cosmology{}, Tiling(box, observer, {8000, 90000}), distances);
  BoxReplicas const source(halos, placement);
  RingGeometry const rings(32);
  SkyCanvas canvas(rings, comm.rank(), comm.size()), whole(rings, 0, 1);
  HaloLayer layer(comm, "test", source, {{optical_depth, canvas, optical_depth.quantum_sr}}, 1e6),
      on_one(alone, "test", source, {{optical_depth, whole, optical_depth.quantum_sr}}, 1e3);
  paint_all(layer);
  paint_all(on_one);

  std::vector<HaloImage> images;
  std::int64_t const n_left_out = source.find_images({0, source.n_places()}, images);
  double roughly = 0;  // as if all of a halo lay at the distance of its centre
  for (auto const& image : images)
    roughly += source.weight_of(image, optical_depth) *
               halos.gas_of(image.halo, optical_depth).total() / norm2(image.seen);
  auto const& tally = on_one.tallies().front();
  EXPECT_EQ(tally.n_images(), std::ssize(images));
  EXPECT_EQ(tally.n_left_out(), n_left_out);
  EXPECT_NEAR((tally.painted() + tally.removed()) / roughly, 1, 0.02);
  EXPECT_NEAR(total(comm, canvas.map().values()) / tally.painted(), 1, 1e-6);

  EXPECT_EQ(comm.all_sum(layer.tallies().front().n_images()), std::ssize(images));
  EXPECT_EQ(comm.all_sum(layer.tallies().front().n_left_out()), n_left_out);
  for (auto ring = canvas.map().first_ring(); ring < canvas.map().last_ring(); ++ring)
    for (std::int64_t k = 0; k < rings.pixels_in(ring); ++k)
      ASSERT_EQ(canvas.map().ring(ring)[k], whole.map().ring(ring)[k]);
}

TEST(BoxReplicas, FindTheSameImagesHoweverThePlacesAreCut) {
  SomeHaloes const halos;
  DistanceTable const distances(Cosmology{}, 0.1);
  SkyPlacement const placement(Cosmology{}, Tiling(box, {1, 2, 3}, {0, 60000}), distances);
  for (std::int64_t const rows_per_block : {1, 3, 7, 40, 1000}) {
    BoxReplicas const source(halos, placement, rows_per_block);
    std::vector<HaloImage> whole, pieces;
    std::int64_t const n_left_out = source.find_images({0, source.n_places()}, whole);
    std::int64_t n_left_out_of_pieces = 0;
    for (std::int64_t first = 0; first < source.n_places(); first += 13)
      n_left_out_of_pieces +=
          source.find_images({first, std::min(first + 13, source.n_places())}, pieces);
    EXPECT_GT(n_left_out, 0);
    EXPECT_EQ(n_left_out_of_pieces, n_left_out);
    ASSERT_EQ(pieces.size(), whole.size());
    for (std::size_t i = 0; i < whole.size(); ++i) {
      EXPECT_EQ(pieces[i].halo.row, whole[i].halo.row);
      EXPECT_EQ(pieces[i].seen, whole[i].seen);
    }
    // Each row in all its replicas, one after the other, in the order of the blocks.
    SliceOrder const order(halos.n_rows(), rows_per_block);
    std::size_t next = 0;
    for (std::int64_t turn = 0; turn < order.n_slices(); ++turn)
      for (auto const& halo : halos.read(order.rows(turn))) {
        std::vector<HaloImage> its;
        placement.find_images(halo, {0, placement.n_replicas()}, its);
        for (auto const& image : its) {
          ASSERT_LT(next, whole.size());
          EXPECT_EQ(whole[next].halo.row, halo.row);
          EXPECT_EQ(whole[next++].seen, image.seen);
        }
      }
    EXPECT_EQ(next, whole.size());
  }
}

}  // namespace
}  // namespace setsz
