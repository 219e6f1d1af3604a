// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/catalogue_sky_stage.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "io/healpix_map.hpp"
#include "model/gnfw.hpp"
#include "pipeline/base/random.hpp"
#include "pipeline/base/units.hpp"
#include "stages/sky/sky_stage.hpp"
#include "tests/fixtures/scratch.hpp"
#include "tests/fixtures/stage_context.hpp"

namespace setsz {
namespace {

using test::contains;
using test::error_of;

/// A catalogue in text, and skies of it.
class CatalogueSky : public testing::Test {
 protected:
  static constexpr std::string_view head = "ra,dec,redshift,M200c [Msun/h]\n";
  Comm const comm_ = Comm::world();
  test::Scratch const scratch_{comm_};
  Cosmology const cosmology_;

  struct Halo {
    double ra, dec, redshift, mass_msunh;
  };
  static std::vector<Halo> halos(int n) {
    std::vector<Halo> all;
    for (int i = 0; i < n; ++i) {
      Random random(7, Purpose::test, static_cast<std::uint64_t>(i));
      double const sine = 2 * random.uniform() - 1;
      all.push_back({360 * random.uniform(), std::asin(sine) / units::degree,
                     0.05 + 0.2 * random.uniform(), 1e14 * std::pow(3, random.uniform())});
    }
    return all;
  }
  void write(std::vector<Halo> const& all, std::string const& name = "halos.csv") const {
    std::ostringstream text;
    text.precision(17);
    text << head;
    for (auto const& halo : all)
      text << halo.ra << ',' << halo.dec << ',' << halo.redshift << ',' << halo.mass_msunh << '\n';
    if (comm_.is_root()) test::write_bytes(scratch_ / name, text.str());
    comm_.barrier();
  }
  std::unique_ptr<Stage> stage(std::string const& more = "",
                               std::vector<std::string> overrides = {}) const {
    auto const text = concat("[run]\ndirectory = ", scratch_.path(),
                             "\n[catalogue.mine]\nfiles = ", scratch_ / "halos.csv",
                             "\n[sky.mine]\ncatalogue = mine\nprofile = battaglia2012\nnside = "
                             "64\nspectrum_nside = 16\n",
                             more);
    auto const configuration =
        Configuration::parse(text, "test.ini", overrides,
                             {schema_of<RunOptions>(), schema_of<SnapshotSection>(true),
                              schema_of<CosmologySection>(), schema_of<SkyOptions>(true),
                              schema_of<CatalogueSection>(true), schema_of<ProfileSection>(true)});
    Blueprint const blueprint(configuration);
    StageList stages;
    add_sky_stages(blueprint, stages);
    return std::move(stages.at(0));
  }
  std::optional<nlohmann::json> run(Comm const& comm, Stage& stage, int stop_after = 0,
                                    double memory_mb = 2000) const {
    RunOptions options;
    options.directory = scratch_.path();
    options.memory_mb = memory_mb;
    test::StageContext context(comm, options, stage);
    if (stop_after > 0) context.stop_after(stop_after);
    try {
      stage.run(context);
    } catch (test::StoppedInTest const&) {
      return std::nullopt;
    }
    context.journal().discard();
    return context.notes();
  }
  /// DATASUM and mean of what was painted.
  std::pair<std::string, std::string> map_sum() const {
    comm_.barrier();
    HealpixFile const map(scratch_ / "sky/mine/compton_y.fits");
    std::pair const sum{map.cards().at("DATASUM"), map.cards().at("YMEAN")};
    comm_.barrier();
    return sum;
  }
};

TEST_F(CatalogueSky, HoldsTheIntegralsOfItsHaloes) {
  auto const all = halos(40);
  write(all);
  auto const stage = this->stage();
  EXPECT_TRUE(stage->record().inputs.empty());
  auto const notes = run(comm_, *stage);
  ASSERT_TRUE(notes);
  double sum = 0;
  for (auto const& halo : all) {
    double const mass = halo.mass_msunh / 1e10, a = 1 / (1 + halo.redshift);
    auto const scales = halo_scales(cosmology_, halo.redshift, mass);
    auto const shape = battaglia2012(Battaglia2012::agn_200, mass, cosmology_.h, halo.redshift, 4);
    double const distance = cosmology_.comoving_distance(halo.redshift);
    sum += units::compton_y(scales.p200_code, a, cosmology_.h) * gnfw_volume_integral(shape, 4) *
           std::pow(scales.r200c_ckpch, 3) / (distance * distance);
  }
  EXPECT_EQ(notes->at("n_halos"), 40);
  EXPECT_EQ(notes->at("n_rows"), 40);
  // A near halo has its front nearer than its back: up to (R/D)^2.
  EXPECT_NEAR(notes->at("y_painted_sr").get<double>() / sum, 1, 1e-4);
  EXPECT_NEAR(notes->at("mean_y").get<double>() * 4 * std::numbers::pi / sum, 1, 1e-4);
}

TEST_F(CatalogueSky, IsTheSameOnAnyNumberOfRanksAndAfterAStop) {
  write(halos(3000));
  auto const stage = this->stage();
  auto const alone = Comm::self();
  if (comm_.is_root()) run(alone, *stage);
  auto const wanted = map_sum();
  ASSERT_TRUE(run(comm_, *stage));
  EXPECT_EQ(map_sum(), wanted);
  double const few = 3e-6 * sizeof(HaloImage) * 400;  // a turn has 400 images
  EXPECT_FALSE(run(comm_, *stage, 2, few));
  if (comm_.is_root()) {
    EXPECT_TRUE(run(alone, *stage, 0, few));
  }
  EXPECT_EQ(map_sum(), wanted);
}

TEST_F(CatalogueSky, TurnsWithItsHaloes) {
  // A quarter turn about the axis takes pixels to pixels.
  auto all = halos(30);
  write(all);
  auto const stage = this->stage();
  run(comm_, *stage);
  auto const read = [&] {
    HealpixFile const map(scratch_ / "sky/mine/compton_y.fits");
    auto const values = map.read({0, map.n_pixels()});
    comm_.barrier();
    return values;
  };
  comm_.barrier();
  auto before = read();
  for (auto& halo : all) halo.ra += 90;
  write(all);
  run(comm_, *stage);
  comm_.barrier();
  auto after = read();
  std::sort(before.begin(), before.end());
  std::sort(after.begin(), after.end());
  for (std::size_t i = 0; i < before.size(); ++i)
    ASSERT_NEAR(after[i], before[i], 1e-5 * before[i] + 1e-13);
}

TEST_F(CatalogueSky, TakesAProfileByNumbers) {
  write(halos(20));
  auto const published = this->stage();
  auto const wanted = run(comm_, *published)->at("mean_y").get<double>();
  auto const numbers = this->stage(
      "[profile.b12]\nP0 = 18.1, 0.154, -0.758\nxc = 0.497, -0.00865, 0.731\n"
      "beta = 4.35, 0.0393, 0.415\n",
      {"sky.mine.profile=b12"});
  EXPECT_NEAR(run(comm_, *numbers)->at("mean_y").get<double>() / wanted, 1, 1e-12);
  auto const electrons = this->stage(
      "[profile.b12]\npressure = electron\nP0 = 18.1, 0.154, -0.758\n", {"sky.mine.profile=b12"});
  EXPECT_NEAR(run(comm_, *electrons)->at("mean_y").get<double>() / wanted,
              1 / units::electron_pressure_fraction_ionised, 1e-12);
}

TEST_F(CatalogueSky, TellsItsOriginInTheHeader) {
  write(halos(20));
  auto const stage = this->stage("", {"catalogue.mine.coordinates=galactic"});
  run(comm_, *stage);
  comm_.barrier();
  HealpixFile const map(scratch_ / "sky/mine/compton_y.fits");
  auto const& cards = map.cards();
  EXPECT_EQ(cards.at("COORDSYS"), "G");
  EXPECT_EQ(cards.at("CATFILE"), "halos.csv");
  EXPECT_EQ(cards.at("MDEF"), "200c");
  EXPECT_EQ(cards.at("PROFILE"), "battaglia2012");
  EXPECT_EQ(cards.at("NHALO"), "20");
  EXPECT_TRUE(map.data_sum_holds());
  comm_.barrier();
}

TEST_F(CatalogueSky, IsGivenAtFrequencies) {
  write(halos(5));
  auto const stage = this->stage("frequencies = 90, 220\nunit = uK_CMB\n");
  EXPECT_EQ(stage->record().outputs,
            (std::vector<std::string>{"compton_y.fits", "sky.json", "tsz_90ghz.fits",
                                      "tsz_220ghz.fits"}));
  run(comm_, *stage);
  comm_.barrier();
  HealpixFile const y(scratch_ / "sky/mine/compton_y.fits"),
      tsz(scratch_ / "sky/mine/tsz_90ghz.fits");
  EXPECT_EQ(tsz.cards().at("TUNIT1"), "uK_CMB");
  EXPECT_EQ(std::stod(tsz.cards().at("FREQ")), 90);
  auto const of_y = y.read({0, y.n_pixels()}), of_tsz = tsz.read({0, y.n_pixels()});
  for (std::size_t i = 0; i < of_y.size(); ++i) {
    float const wanted = of_y[i] * static_cast<float>(sz_response(SzUnit::uk_cmb, 90));
    ASSERT_NEAR(of_tsz[i], wanted, 1e-6 * std::abs(wanted));
  }
  comm_.barrier();
  EXPECT_TRUE(contains(error_of([&] { this->stage("frequencies = 90, 90\n"); }), "listed twice"));
}

TEST_F(CatalogueSky, SaysWhatDoesNotFit) {
  write(halos(5));
  EXPECT_TRUE(contains(error_of([&] { stage("", {"sky.mine.profile=fit"}); }),
                       "profile = fit is a fit to the gas of a snapshot"));
  EXPECT_TRUE(contains(error_of([&] { stage("observer = 0, 0, 0\n"); }),
                       "[sky.mine] observer is a key for snapshots, but the map shows "
                       "[catalogue.mine]"));
  EXPECT_TRUE(contains(error_of([&] { stage("", {"sky.mine.catalogue=mien"}); }),
                       "there is no [catalogue.mien]; the nearest one is mine"));
  EXPECT_TRUE(contains(error_of([&] { stage("", {"sky.mine.model=net"}); }),
                       "haloes of a catalogue have profiles"));
  EXPECT_TRUE(contains(error_of([&] { run(comm_, *stage("", {"catalogue.mine.mass_min=1e16"})); }),
                       "78 none of the 5 haloes of [catalogue.mine] lies within"));
}

}  // namespace
}  // namespace setsz
