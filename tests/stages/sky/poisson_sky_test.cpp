// SPDX-License-Identifier: BSD-3-Clause
// A sky of independent haloes from a mass function against the halo model: minutes, so it is not
// among the tests that run by default.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>

#include "io/json_file.hpp"
#include "model/gnfw.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"
#include "stages/halos/catalogue_section.hpp"
#include "stages/halos/halo_model.hpp"
#include "stages/halos/profile_section.hpp"
#include "stages/sky/sky_stage.hpp"
#include "tests/fixtures/scratch.hpp"
#include "tests/fixtures/stage_context.hpp"

namespace setsz {
namespace {

constexpr Cosmology cosmology{0.31, 0.69, 0.049, 0.68};
constexpr HaloModel::Limits limits{8e3, 1e6, 0.05, 0.8};  // 8e13 Msun/h, M200m
constexpr std::int64_t nside = 1024;

double battaglia(double mass, double redshift, double x) {
  return gnfw(battaglia2012(Battaglia2012::agn_200, mass, cosmology.h, redshift, 4), x);
}

/// Halos of the full sky: in every small cell of ln M and z their number is drawn, then their
/// places. Written as text with M200m: the painting converts the masses.
std::int64_t write_poisson_sky(HaloModel const& model, std::string const& path) {
  constexpr int n_mass = 160, n_redshift = 160;
  std::ofstream out(path);
  out << "theta,phi,redshift,M200m [1e10 Msun/h]\n";
  out.precision(12);
  double const ln_low = std::log(limits.m200m_min), ln_high = std::log(limits.m200m_max);
  double const d_mass = (ln_high - ln_low) / n_mass,
               d_redshift = (limits.redshift_max - limits.redshift_min) / n_redshift;
  std::int64_t n_halos = 0;
  for (int j = 0; j < n_redshift; ++j)
    for (int i = 0; i < n_mass; ++i) {
      Random random(3, Purpose::test, static_cast<std::uint64_t>(i), static_cast<std::uint32_t>(j));
      double const mean = d_mass * d_redshift *
                          model.density(std::exp(ln_low + (i + 0.5) * d_mass),
                                        limits.redshift_min + (j + 0.5) * d_redshift);
      // Arrivals of a unit-rate process before `mean`.
      for (double t = -std::log1p(-random.uniform()); t < mean;
           t -= std::log1p(-random.uniform())) {
        double const mass = std::exp(ln_low + (i + random.uniform()) * d_mass);
        double const redshift = limits.redshift_min + (j + random.uniform()) * d_redshift;
        out << std::acos(2 * random.uniform() - 1) << ',' << 2 * std::numbers::pi * random.uniform()
            << ',' << redshift << ',' << mass << '\n';
        ++n_halos;
      }
    }
  return n_halos;
}

nlohmann::json painted(Comm const& comm, test::Scratch const& scratch) {
  auto const configuration = Configuration::parse(
      concat("[cosmology]\nomega_m = 0.31\nomega_l = 0.69\nomega_b = 0.049\nh = 0.68\n"
             "[catalogue.poisson]\nfiles = ",
             scratch / "halos.csv",
             "\n[sky.poisson]\ncatalogue = poisson\nprofile = battaglia2012\n", "nside = ", nside,
             "\nspectrum_nside = ", nside / 2, "\n"),
      "test.ini", {},
      {schema_of<RunOptions>(), schema_of<SnapshotSection>(true), schema_of<CosmologySection>(),
       schema_of<SkyOptions>(true), schema_of<CatalogueSection>(true),
       schema_of<ProfileSection>(true)});
  Blueprint const blueprint(configuration);
  StageList stages;
  add_sky_stages(blueprint, stages);
  RunOptions options;
  options.directory = scratch.path();
  test::StageContext context(comm, options, *stages.front());
  stages.front()->run(context);
  return read_json(scratch / "sky/poisson/sky.json");
}

/// The spectrum of exactly these haloes in sky.json, between its l.
double one_halo_at(nlohmann::json const& expected, double l) {
  auto const known = expected.at("l").get<std::vector<double>>(),
             values = expected.at("C_l").get<std::vector<double>>();
  auto const above = std::upper_bound(known.begin() + 1, known.end() - 1, l) - known.begin();
  auto const i = static_cast<std::size_t>(above - 1);
  double const t = std::log(l / known[i]) / std::log(known[i + 1] / known[i]);
  return std::exp((1 - t) * std::log(values[i]) + t * std::log(values[i + 1]));
}

TEST(PoissonSky, AgreesWithTheHaloModel) {
  Comm const comm = Comm::world();
  test::Scratch const scratch(comm);
  HaloModel const model(cosmology, LinearPower(cosmology, 0.967, 0.81), limits, battaglia);
  std::int64_t n_halos = 0;
  if (comm.is_root()) n_halos = write_poisson_sky(model, scratch / "halos.csv");
  comm.barrier();
  auto const report = painted(comm, scratch);
  if (!comm.is_root()) return;
  double const expected = model.n_halos();
  EXPECT_NEAR(real(n_halos), expected, 3 * std::sqrt(expected) + 1e-3 * expected);
  EXPECT_GT(n_halos, 1e5);
  double const mean = report.at("mean_y"), deviation = std::sqrt(model.mean_y_variance());
  std::cout << n_halos << " haloes; mean y " << mean << ", model " << model.mean_y() << " +- "
            << deviation << ": " << (mean - model.mean_y()) / deviation << " sigma\n";
  EXPECT_NEAR(mean, model.mean_y(), 3 * deviation);
  EXPECT_LT(deviation, 0.02 * mean);

  auto const c_l = report.at("cl").at("C_l").get<std::vector<double>>();
  double const pixel2 =
      4 * std::numbers::pi / (3.0 * real(nside) * real(nside));  // of the companion
  for (auto const& [low, high] :
       {std::pair{20, 60}, {60, 120}, {120, 200}, {200, 300}, {300, 400}}) {
    // The model at a few l, averaged as the map's.
    std::vector<double> l;
    for (int k = 0; k < 5; ++k) l.push_back(low + (high - low) * (k + 0.5) / 5);
    auto const spectra = model.spectra(l);
    double found = 0, modes = 0, wanted = 0, wanted_modes = 0, connected = 0, of_these = 0;
    for (int i = low; i < high; ++i) {
      double const window2 = 1 - i * (i + 1.0) * pixel2 / 12;  // of square pixels, to l^2
      found += (2 * i + 1) * c_l[static_cast<std::size_t>(i)] / window2;
      modes += 2 * i + 1;
    }
    for (std::size_t k = 0; k < 5; ++k) {
      wanted += (2 * l[k] + 1) * spectra.one_halo[k];
      of_these += (2 * l[k] + 1) * one_halo_at(report.at("cl").at("expected"), l[k]);
      wanted_modes += 2 * l[k] + 1;
      for (std::size_t m = 0; m < 5; ++m) connected += spectra.connected[5 * k + m] / 25;
    }
    found /= modes;
    wanted /= wanted_modes;
    double const sigma = std::sqrt(2 * wanted * wanted / modes + connected);
    std::cout << "l " << low << " to " << high << ": C_l " << found << ", model " << wanted
              << " +- " << sigma << ": " << (found - wanted) / sigma << " sigma\n";
    EXPECT_NEAR(found, wanted, 3 * sigma);
    // Of exactly these haloes: from the model by their number, from the map by their places.
    of_these /= wanted_modes;
    double const of_number = std::sqrt(connected), of_places = wanted * std::sqrt(2 / modes);
    std::cout << "  of these haloes " << of_these << ": " << (of_these - wanted) / of_number
              << " sigma from the model, the map " << (found - of_these) / of_places
              << " sigma from it\n";
    EXPECT_NEAR(of_these, wanted, 3 * of_number);
    EXPECT_NEAR(found, of_these, 3 * of_places);
  }
}

}  // namespace
}  // namespace setsz
