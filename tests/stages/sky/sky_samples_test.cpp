// SPDX-License-Identifier: BSD-3-Clause
// Drawn predictions on a sky: every replica of a cluster shows one of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "io/h5.hpp"
#include "io/healpix_map.hpp"
#include "stages/halos/sample_draw.hpp"
#include "tests/fixtures/painted_universe.hpp"

namespace setsz {
namespace {

using test::PaintedUniverse;
constexpr std::int64_t n_samples = 4;
/// Powers of two: their products and sums have no roundings.
constexpr std::array<double, n_samples> factors = {1, 2, 4, 8};

TEST(SampleDraw, ShowsEachSampleOnceOverTheRealisations) {
  for (std::int16_t i = -3; i < 3; ++i) {
    std::set<std::int64_t> shown;
    for (std::int64_t k = 1; k <= 7; ++k)
      shown.insert(SampleDraw{5, 7, k}.sample_of(1234567890123, {i, 0, -1}));
    EXPECT_EQ(shown, (std::set<std::int64_t>{1, 2, 3, 4, 5, 6, 7}));
  }
}

/// Counts over many draws against those of independent uniform ones, in standard deviations.
TEST(SampleDraw, IsUniformAndIndependentOverReplicasClustersRealisationsAndSeeds) {
  constexpr int n = 4000;
  auto const pairs_agree = [&](auto const& one, auto const& other) {
    int same = 0;
    for (int i = 0; i < n; ++i) same += one(i) == other(i) ? 1 : 0;
    return (same - n / 5.0) / std::sqrt(n * 0.2 * 0.8);
  };
  auto const cell = [](int i) {
    return std::array<std::int16_t, 3>{static_cast<std::int16_t>(i % 20 - 10),
                                       static_cast<std::int16_t>(i / 20 % 20 - 10),
                                       static_cast<std::int16_t>(i / 400 - 5)};
  };
  auto const first = [&](int i) { return SampleDraw{1, 5, 1}.sample_of(77, cell(i)); };
  for (std::int64_t sample = 1; sample <= 5; ++sample)
    EXPECT_LT(std::abs(pairs_agree(first, [&](int) { return sample; })), 4);
  auto const agrees = [&](auto const& other) { return std::abs(pairs_agree(first, other)); };
  EXPECT_LT(agrees([&](int i) { return SampleDraw{1, 5, 1}.sample_of(78, cell(i)); }), 4);
  EXPECT_LT(agrees([&](int i) { return SampleDraw{2, 5, 1}.sample_of(77, cell(i)); }), 4);
  EXPECT_LT(agrees([&](int i) {
              auto const [x, y, z] = cell(i);
              return SampleDraw{1, 5, 1}.sample_of(77, {y, z, x});
            }),
            6);  // 1 in 20 of these cells is the same one
  // Of two replicas, what the first shows in another realisation tells nothing of the second.
  EXPECT_LT(agrees([&](int i) { return SampleDraw{1, 5, 3}.sample_of(77, cell(i + 1)); }), 4);
}

struct Sky {
  std::vector<double> map;
  std::vector<std::int64_t> ids;
  std::vector<std::int32_t> cells, samples;
  std::vector<float> y;
  std::map<std::string, std::string> cards;
  nlohmann::json report;
};

Sky sky_of(Comm const& comm, PaintedUniverse const& universe, std::vector<std::string> options) {
  options.emplace_back("sky.fill=no");
  options.emplace_back("sky.redshift_max=0.06");
  auto const stage = universe.sky(options);
  EXPECT_TRUE(universe.run(comm, *stage));
  Sky sky;
  collectively(comm, "", [&] {
    auto const lightcone = H5File::open(universe / (stage->id() + "/lightcone.h5"));
    sky.ids = lightcone.read_all<std::int64_t>("/halos/id");
    sky.cells = lightcone.read_all<std::int32_t>("/halos/replica");
    sky.samples = lightcone.read_all<std::int32_t>("/halos/sample");
    sky.y = lightcone.read_all<float>("/halos/y_total");
    HealpixFile const map(universe / (stage->id() + "/compton_y.fits"));
    for (float const y : map.read({0, map.n_pixels()})) sky.map.push_back(y);
    for (auto const& [key, value] : map.cards()) sky.cards[key] = value;
    std::ifstream in(universe / (stage->id() + "/sky.json"));
    sky.report = nlohmann::json::parse(in);
  });
  comm.barrier();
  return sky;
}

class Samples : public ::testing::Test {
 protected:
  Samples() {
    if (comm_.is_root())
      for (std::int64_t k = 1; k <= n_samples; ++k) universe_.write_sample(k, factors[k - 1]);
    comm_.barrier();
  }
  Sky realisation(std::int64_t k, std::int64_t n = n_samples, std::string const& option = "") {
    auto options = PaintedUniverse::of_realisation(k, n);
    if (!option.empty()) options.push_back(option);
    return sky_of(comm_, universe_, options);
  }
  Comm comm_ = Comm::world();
  PaintedUniverse universe_{comm_, 4, 10};
};

TEST_F(Samples, ReplicasOfAClusterShowTheirOwnAndTheLightConeSaysWhich) {
  auto const mean = sky_of(comm_, universe_, {}), drawn = realisation(2);
  ASSERT_EQ(drawn.ids, mean.ids);
  EXPECT_EQ(std::ranges::count(mean.samples, 0), std::ssize(mean.samples));
  std::map<std::int64_t, std::set<std::int32_t>> shown;
  for (std::size_t i = 0; i < drawn.ids.size(); ++i) {
    std::array<std::int16_t, 3> cell{};
    for (std::size_t j = 0; j < 3; ++j) cell[j] = static_cast<std::int16_t>(drawn.cells[3 * i + j]);
    EXPECT_EQ(drawn.samples[i], (SampleDraw{1, n_samples, 2}.sample_of(drawn.ids[i], cell)));
    EXPECT_FLOAT_EQ(drawn.y[i], single(factors[drawn.samples[i] - 1]) * mean.y[i]);
    shown[drawn.ids[i]].insert(drawn.samples[i]);
  }
  ASSERT_EQ(shown.size(), 4U);
  for (auto const& [id, samples] : shown) EXPECT_EQ(samples.size(), n_samples) << id;
}

/// Over all realisations each replica shows each sample once, so the maps add up to that of cubes
/// with the sum of all samples: skirts follow the cubes.
TEST_F(Samples, MapsOfAllRealisationsAddUpToThatOfAllSamples) {
  auto const mean = sky_of(comm_, universe_, {});
  std::vector<double> sum(mean.map.size());
  double different = 0, painted = 0, skirts = 0;
  for (std::int64_t k = 1; k <= n_samples; ++k) {
    auto const sky = realisation(k);
    for (std::size_t i = 0; i < sum.size(); ++i) {
      sum[i] += sky.map[i];
      different += std::abs(sky.map[i] - 15.0 / 4 * mean.map[i]);
    }
    painted += sky.report.at("y_painted_sr").get<double>();
    skirts += sky.report.at("skirts_painted_sr").get<double>();
  }
  double total = 0;
  for (std::size_t i = 0; i < sum.size(); ++i) {
    EXPECT_NEAR(sum[i], 15 * mean.map[i], 3e-6 * (sum[i] + 1e-12));
    total += sum[i];
  }
  EXPECT_GT(different, 0.2 * total);
  EXPECT_NEAR(painted / mean.report.at("y_painted_sr").get<double>(), 15, 15e-9);
  EXPECT_NEAR(skirts / mean.report.at("skirts_painted_sr").get<double>(), 15, 15e-9);
  EXPECT_GT(skirts, 0);
}

TEST_F(Samples, HeaderAndReportSayHowTheyWereDrawn) {
  auto const drawn = realisation(3, n_samples, "sky.replica_seed=8");
  EXPECT_EQ(drawn.cards.at("MEMBER"), "real3");
  EXPECT_EQ(drawn.cards.at("REALIS"), "3");
  EXPECT_EQ(drawn.cards.at("NSAMPLE"), "4");
  EXPECT_EQ(drawn.cards.at("VAESEED"), "8");
  EXPECT_EQ(std::stod(drawn.cards.at("FLUXMAX")), 8);
  EXPECT_EQ(drawn.report.at("realisation"), 3);
  EXPECT_EQ(drawn.report.at("n_samples"), 4);
  auto const mean = sky_of(comm_, universe_, {});
  EXPECT_EQ(mean.cards.at("REALIS"), "0");
  EXPECT_EQ(mean.cards.at("NSAMPLE"), "0");
  EXPECT_EQ(mean.cards.at("VAESEED"), "-1");
}

TEST_F(Samples, AreTheSameOnAnyNumberOfRanks) {
  auto const all = realisation(2);
  std::vector<double> alone;
  if (comm_.is_root()) {
    auto options = PaintedUniverse::of_realisation(2, n_samples);
    options.emplace_back("sky.fill=no");
    options.emplace_back("sky.redshift_max=0.06");
    auto const stage = universe_.sky(options);
    EXPECT_TRUE(universe_.run(Comm::self(), *stage));
    HealpixFile const map(universe_ / (stage->id() + "/compton_y.fits"));
    for (float const y : map.read({0, map.n_pixels()})) alone.push_back(y);
    EXPECT_EQ(alone, all.map);
  }
  comm_.barrier();
}

TEST_F(Samples, MustAllBeThere) {
  auto const options = PaintedUniverse::of_realisation(1, n_samples + 1);  // one is missing
  auto const stage = universe_.sky(options);
  EXPECT_EQ(
      std::ranges::count(stage->record().inputs, "predict/z0/small/fold0/real5/prediction.h5"), 1);
  EXPECT_TRUE(test::contains(test::error_of([&] { universe_.run(comm_, *stage); }), "real5"));
}

}  // namespace
}  // namespace setsz
