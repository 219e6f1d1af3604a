// SPDX-License-Identifier: BSD-3-Clause
// Other fields than Compton y on the sky of a catalogue, and the velocities that they need.
#include <filesystem>
#include <fstream>

#include "catalogue_sky.hpp"
#include "model/gnfw.hpp"
#include "pipeline/base/number.hpp"
#include "stages/halos/gas_density.hpp"
#include "stages/sky/ring_map_work.hpp"

namespace setsz {
namespace {

using test::CatalogueSky;
using test::contains;
using test::error_of;

TEST_F(CatalogueSky, ShowsTheElectronsAndTheirMotion) {
  auto const all = halos(30);
  auto const velocity = [](std::size_t i) { return i % 3 == 0 ? 0.0 : 800.0 - 53.0 * real(i); };
  std::ostringstream text;
  text.precision(17);
  text << "ra,dec,redshift,M200c [Msun/h],v_los\n";
  for (std::size_t i = 0; i < all.size(); ++i)
    text << all[i].ra << ',' << all[i].dec << ',' << all[i].redshift << ',' << all[i].mass_msunh
         << ',' << velocity(i) << '\n';
  if (comm_.is_root()) test::write_bytes(scratch_ / "halos.csv", text.str());
  comm_.barrier();
  auto const stage = this->stage("fields = compton_y, tau, ksz\n");
  EXPECT_EQ(stage->record().outputs,
            (std::vector<std::string>{"compton_y.fits", "tau.fits", "ksz.fits", "sky.json"}));
  auto const notes = run(comm_, *stage);
  ASSERT_TRUE(notes);
  // Electrons times sigma_T over the angular diameter distance squared.
  double tau = 0, ksz = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    double const z = all[i].redshift, mass = all[i].mass_msunh / 1e10, h = cosmology_.h;
    auto const shape = published_density("battaglia2016")->shape(mass, h, z);
    double const gas = 3.0 / 200 / (4 * std::numbers::pi) * gnfw_volume_integral(shape, 4) *
                       cosmology_.baryon_fraction() * mass * 1e10 / h;  // [Msun]
    double const electrons = gas * units::gram_per_msun * 0.88 / 1.67262192e-24;
    double const distance_cm = cosmology_.comoving_distance(z) / (1 + z) / h * units::cm_per_kpc;
    double const own = electrons * units::sigma_thomson_cm2 / (distance_cm * distance_cm);
    tau += own;
    ksz -= own * velocity(i) / 299792.458 * 2.7255e6;
  }
  comm_.barrier();
  auto const integral = [&](std::string const& name) {
    HealpixFile const map(scratch_ / ("sky/mine/" + name));
    double sum = 0;
    for (float const value : map.read({0, map.n_pixels()})) sum += value;
    return sum * 4 * std::numbers::pi / real(map.n_pixels());
  };
  EXPECT_NEAR(integral("tau.fits") / tau, 1, 2e-4);
  EXPECT_NEAR(integral("ksz.fits") / ksz, 1, 2e-3);  // terms of both signs
  HealpixFile const map(scratch_ / "sky/mine/ksz.fits");
  EXPECT_EQ(map.cards().at("TUNIT1"), "uK_CMB");
  EXPECT_EQ(map.cards().at("PROFILE"), "battaglia2016");
  EXPECT_LT(std::stod(map.cards().at("SUMERR")), 1e-6);
  std::ifstream in(scratch_ / "sky/mine/sky.json");
  EXPECT_EQ(nlohmann::json::parse(in).at("cl").at("field"), "compton_y");
  comm_.barrier();
  // The same on one rank, also after a stop.
  auto const sum = map.cards().at("DATASUM");
  if (comm_.is_root()) {
    double const few = 3e-6 * sizeof(HaloImage) * 10;
    EXPECT_FALSE(run(Comm::self(), *stage, 2, few));
    EXPECT_TRUE(run(Comm::self(), *stage, 0, few));
    EXPECT_EQ(HealpixFile(scratch_ / "sky/mine/ksz.fits").cards().at("DATASUM"), sum);
  }
  comm_.barrier();
}

TEST(MapFigures, KnowTheLargestPixelOfANegativeMap) {
  Comm const comm = Comm::world();
  SkyGrid const grid{RingGeometry(4)};
  auto const boundaries = grid.boundaries(comm.size());
  RingMap map(grid, boundaries[comm.rank()], boundaries[comm.rank() + 1]);
  double const area = 4 * std::numbers::pi / 192;
  for (std::int64_t ring = map.first_ring(); ring < map.last_ring(); ++ring)
    for (double& value : map.ring(ring)) value = -area * (3 + real(ring));
  auto const figures = map_figures(comm, map);
  EXPECT_NEAR(figures.largest, -4, 1e-12);  // of ring 1
  EXPECT_NEAR(figures.integral, -figures.absolute, 1e-12);
}

TEST_F(CatalogueSky, RefusesTheKineticEffectOfACatalogueWithoutVelocities) {
  write(halos(3));
  auto const error = [&](std::string const& fields) {
    Outlook outlook{RunOptions{}};
    return error_of([&] { stage("fields = " + fields + "\n")->preflight(comm_, outlook); });
  };
  EXPECT_EQ(error("tau"), "no error");
  EXPECT_TRUE(contains(error("tau, ksz"),
                       "78 [sky.mine] fields: ksz needs the velocities of haloes, which "
                       "[catalogue.mine] lacks"));
  EXPECT_TRUE(contains(error("tau, tau"), "[sky] fields: tau is listed twice"));
  EXPECT_TRUE(
      contains(error("taus"), "[sky] fields: 'taus' is not a field; choose among compton_y"));
}

// Lists that sky makes have NaN where a halo has no velocity.
TEST_F(CatalogueSky, RefusesTheKineticEffectOfHaloesWithoutVelocity) {
  auto const all = halos(5000);
  constexpr std::size_t lacking = 4321;  // out of the sample of the check before work
  std::ostringstream text;
  text.precision(17);
  text << "ra,dec,redshift,M200c [Msun/h],v_los\n";
  for (std::size_t i = 0; i < all.size(); ++i)
    text << all[i].ra << ',' << all[i].dec << ',' << all[i].redshift << ',' << all[i].mass_msunh
         << ',' << (i == lacking || i == lacking + 1 ? "nan" : "100") << '\n';
  if (comm_.is_root()) test::write_bytes(scratch_ / "halos.csv", text.str());
  comm_.barrier();
  Outlook outlook{RunOptions{}};
  auto const kinetic = stage("fields = tau, ksz\n");
  kinetic->preflight(comm_, outlook);
  auto const error = error_of([&] { run(comm_, *kinetic); });
  EXPECT_TRUE(
      contains(error, concat("65 ", scratch_ / "halos.csv", ":", lacking + 2, ": this and 1 ")));
  EXPECT_TRUE(contains(error,
                       "this and 1 other haloes of 5000 have no velocity (NaN or empty), "
                       "which the map of ksz needs"));
  EXPECT_FALSE(std::filesystem::exists(scratch_ / "sky/mine/tau.fits"));
  EXPECT_FALSE(std::filesystem::exists(scratch_ / "sky/mine/ksz.fits"));
  comm_.barrier();
  EXPECT_TRUE(run(comm_, *stage("fields = compton_y, tau\n")));
  EXPECT_TRUE(std::filesystem::exists(scratch_ / "sky/mine/tau.fits"));
  comm_.barrier();
  // Many of them are noticed before work begins.
  auto many = text.str();
  for (auto at = many.find(",100\n"); at != std::string::npos; at = many.find(",100\n", at + 600))
    many.replace(at, 5, ",nan\n");
  if (comm_.is_root()) test::write_bytes(scratch_ / "halos.csv", many);
  comm_.barrier();
  auto const early = error_of([&] { stage("fields = ksz\n")->preflight(comm_, outlook); });
  EXPECT_TRUE(contains(early, "65 "));
  EXPECT_TRUE(contains(early, "haloes of [catalogue.mine] that were looked at have no velocity"));
}

}  // namespace
}  // namespace setsz
