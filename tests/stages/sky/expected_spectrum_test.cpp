// SPDX-License-Identifier: BSD-3-Clause
// C_l of exactly the painted haloes in independent places, against painted maps.
#include "stages/sky/expected_spectrum_work.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "catalogue_sky.hpp"
#include "io/h5.hpp"
#include "io/json_file.hpp"
#include "model/gnfw.hpp"
#include "pipeline/base/number.hpp"
#include "stages/sky/one_halo_spectrum.hpp"
#include "tests/fixtures/painted_universe.hpp"

namespace setsz {
namespace {

double profile(double mass, double x) { return gnfw(gnfw_shape({}, mass, 0.6774, 0), x); }

/// A place has an image in it or not; all haloes have the gas of one family.
class ToySource : public HaloSource {
 public:
  ToySource(HaloKind kind, ProfileFamily const& family) : kind_(kind), family_(family) {}
  HaloKind kind() const override { return kind_; }
  std::int64_t n_places() const override { return 5000; }
  std::int64_t images_per_turn() const override { return 100; }
  std::int64_t find_images(Range places, std::vector<HaloImage>& images) const override {
    for (auto place = places.first; place < places.last; ++place) {
      if (place % 3 == 1) continue;
      HaloImage image{.halo = {.row = place / 4, .mass = 2e3 + real(place), .r200 = 900},
                      .seen = {1e5 + 30 * real(place), 2e4, 0}};
      image.cell = {static_cast<std::int16_t>(place % 4), 0, 0};
      images.push_back(image);
    }
    return 0;
  }
  HaloGas gas_of(BoxHalo const& halo, Field const&) const override {
    return {ProfileGas{&family_, halo.mass, halo.r200}, Claims::on_fill({})};
  }
  double weight_of(HaloImage const& image, Field const&) const override {
    return 1e-9 * norm(image.seen);
  }

 private:
  HaloKind kind_;
  ProfileFamily const& family_;
};

TEST(OneHaloSpectrum, OfClustersAndTheirSkirtsIsThatOfWholeHaloesOnAnyNumberOfRanks) {
  Comm const comm = Comm::world();
  ProfileFamily const whole(profile, 1e3, 1e4, 4), inner(profile, 1e3, 1e4, 2),
      skirt(profile, 1e3, 1e4, 4, 2);
  ToySource const halos(HaloKind::fill, whole), clusters(HaloKind::cluster, inner),
      skirts(HaloKind::skirt, skirt);
  std::optional<double> const box = 75000;
  auto const multipoles = few_multipoles(3000);
  auto const index_of = [&](std::int64_t l) {
    return static_cast<std::size_t>(std::ranges::find(multipoles, l) - multipoles.begin());
  };
  EXPECT_EQ(multipoles.front(), 2);
  EXPECT_EQ(multipoles.back(), 3000);
  auto const spectrum = [&](Comm const& on, HalosAndSkirts const& all) {
    return one_halo_spectrum(on, {&all, 1}, field_table().front(), multipoles);
  };
  auto const expected = spectrum(comm, {&clusters, &skirts, box});
  auto const wanted = spectrum(comm, {&halos}).c_l, found = expected.c_l,
             alone = spectrum(comm, {&clusters}).c_l;
  EXPECT_EQ(spectrum(Comm::self(), {&clusters, &skirts, box}).c_l, found);
  EXPECT_EQ(spectrum(Comm::self(), {&clusters, &skirts, box}).beyond_box, expected.beyond_box);
  for (std::size_t i = 0; i < multipoles.size() && multipoles[i] < 1000; ++i)
    EXPECT_NEAR(found[i] / wanted[i], 1, 2e-3) << multipoles[i];
  EXPECT_LT(alone.front(), 0.95 * wanted.front());
  // Large scales know the integrals alone.
  double sum = 0, far = 0;
  std::int64_t const l_far = 14;
  std::vector<HaloImage> images;
  halos.find_images({0, halos.n_places()}, images);
  for (auto const& image : images) {
    double const y = halos.weight_of(image, field_table().front()) * std::pow(900, 3) *
                     whole.volume_integral(image.halo.mass) / norm2(image.seen);
    sum += y * y / (4 * std::numbers::pi);
    // Waves that are longer than the box.
    if ((real(l_far) + 0.5) / norm(image.seen) < 2 * std::numbers::pi / *box)
      far += y * y / (4 * std::numbers::pi);
  }
  EXPECT_NEAR(wanted.front() / sum, 1, 1e-3);
  EXPECT_NEAR(expected.beyond_box[index_of(l_far)], far / sum, 1e-3);
  EXPECT_EQ(expected.beyond_box.front(), 1);
  EXPECT_EQ(expected.beyond_box.back(), 0);
  EXPECT_EQ(spectrum(comm, {&clusters, &skirts}).beyond_box.front(), 0);  // of a catalogue
}

class ExpectedSpectrum : public test::CatalogueSky {
 protected:
  static constexpr int nside = 128;  ///< of C_l
  struct Spectra {
    std::vector<double> found;  ///< at all l
    std::vector<std::int64_t> multipoles;
    std::vector<double> expected;  ///< at these
    double expected_at(double l) const {
      std::size_t i = 0;
      while (i + 2 < multipoles.size() && real(multipoles[i + 1]) < l) ++i;
      double const t = std::log(l / real(multipoles[i])) /
                       std::log(real(multipoles[i + 1]) / real(multipoles[i]));
      return std::exp((1 - t) * std::log(expected[i]) + t * std::log(expected[i + 1]));
    }
  };
  /// As the pixels of C_l's map show it: of square pixels, to l^2, and what they smooth away comes
  /// back from the scale that they cannot tell from l.
  static double pixelised(Spectra const& spectra, double l) {
    double const pixel = std::sqrt(4 * std::numbers::pi / (12.0 * nside * nside));
    double const window2 = 1 - l * (l + 1) * pixel * pixel / 12;
    return window2 * spectra.expected_at(l) +
           (1 - window2) * spectra.expected_at(2 * std::numbers::pi / pixel - l);
  }
  Spectra spectra(std::string const& more = "") {
    auto const stage =
        this->stage(more, {}, concat("nside = ", 2 * nside, "\nspectrum_nside = ", nside, "\n"));
    EXPECT_TRUE(run(comm_, *stage));
    comm_.barrier();
    auto const cl = read_json(scratch_ / "sky/mine/sky.json").at("cl");
    comm_.barrier();
    auto const& expected = cl.at("expected");
    return {cl.at("C_l").get<std::vector<double>>(),
            expected.at("l").get<std::vector<std::int64_t>>(),
            expected.at("C_l").get<std::vector<double>>()};
  }
  /// Means over l, weighted with 2 l + 1.
  static double found_over_expected(Spectra const& spectra, int low, int high, double& modes) {
    double found = 0, wanted = 0;
    modes = 0;
    for (int l = low; l < high; ++l) {
      double const weight = 2 * l + 1;
      modes += weight;
      found += weight * spectra.found[static_cast<std::size_t>(l)];
      wanted += weight * pixelised(spectra, l);
    }
    return found / wanted;
  }
};

/// C_l of a single halo has no scatter: it is |y_l|^2/(4 pi) at every l.
TEST_F(ExpectedSpectrum, OfASingleHaloIsThatOfItsMap) {
  write({{40, 25, 0.02, 8e14}});
  for (auto const* beam : {"", "beam_fwhm = 60\n"}) {
    auto const all = spectra(beam);
    for (std::size_t i = 0; i < all.multipoles.size() && all.multipoles[i] < nside; ++i) {
      auto const l = all.multipoles[i];
      EXPECT_NEAR(all.found[static_cast<std::size_t>(l)] / pixelised(all, real(l)), 1, 0.02)
          << beam << l;
    }
  }
}

/// Haloes in random places: what is left of scatter is that of the phases, 2 C_l^2/(2 l + 1).
TEST_F(ExpectedSpectrum, OfIndependentHaloesIsThatOfTheirMap) {
  auto all = halos(4000);
  for (auto& halo : all) halo.mass_msunh *= 3;
  write(all);
  auto const spectra = this->spectra();
  double chi2 = 0;
  int n = 0;
  for (int low = 10; low < nside; low += low / 3, ++n) {
    double modes = 0;
    int const high = low + low / 3;
    double const ratio = found_over_expected(spectra, low, high, modes);
    double const sigma = (ratio - 1) / std::sqrt(2 / modes);
    chi2 += sigma * sigma;
    EXPECT_LT(std::abs(sigma), 3) << "l from " << low << ": " << ratio;
    if (comm_.is_root())
      std::cout << "l " << low << " to " << high << ": C_l over the expected one " << ratio << ", "
                << sigma << " sigma\n";
  }
  EXPECT_LT(chi2, n + 3 * std::sqrt(2.0 * n));
}

/// Cubes of clusters and profiles of the fill, image by image: on large scales they are points with
/// the integrals that the light cone lists.
TEST(ExpectedSpectrumOfABox, OnLargeScalesIsThatOfTheIntegrals) {
  Comm const comm = Comm::world();
  test::PaintedUniverse const universe(comm, 4, 50);
  auto const first = [&](std::string const& skirt, double& integrals) {
    auto const stage = universe.sky({"sky.skirt=" + skirt, "sky.lightcone=all"});
    EXPECT_TRUE(universe.run(comm, *stage));
    comm.barrier();
    auto const folder = universe / stage->id();
    integrals = 0;
    auto const lightcone = H5File::open(folder + "/lightcone.h5");
    for (float const y : lightcone.read_all<float>("/halos/y_total"))
      integrals += std::pow(real(y) * units::arcmin * units::arcmin, 2) / (4 * std::numbers::pi);
    double const c_l =
        read_json(folder + "/sky.json").at("cl").at("expected").at("C_l").at(0).get<double>();
    comm.barrier();
    return c_l;
  };
  double integrals = 0;
  double const without = first("no", integrals);
  EXPECT_NEAR(without / integrals, 1, 0.01);
  EXPECT_GT(first("yes", integrals), 1.02 * without);  // a skirt adds to its cluster
}

TEST_F(ExpectedSpectrum, IsLeftOutWhereItIsNotAskedFor) {
  write(halos(5));
  EXPECT_TRUE(run(comm_, *stage("expected_spectrum = no\n")));
  comm_.barrier();
  EXPECT_FALSE(read_json(scratch_ / "sky/mine/sky.json").at("cl").contains("expected"));
  comm_.barrier();
  EXPECT_TRUE(run(comm_, *stage("", {}, "nside = 64\nspectrum_nside = 0\n")));
  comm_.barrier();
  EXPECT_FALSE(read_json(scratch_ / "sky/mine/sky.json").contains("cl"));
  comm_.barrier();
}

}  // namespace
}  // namespace setsz
