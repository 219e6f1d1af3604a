// SPDX-License-Identifier: BSD-3-Clause
#include "stages/catalog/headers_agree.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "tests/fixtures/scratch.hpp"

namespace setsz {
namespace {

/// Four sources that agree; a test changes one number.
struct Sources {
  HaloCatalogHeader catalog;
  SnapshotHeader dark_matter;
  std::optional<SnapshotHeader> gas;
  Cosmology configured;

  Sources() {
    dark_matter.box_ckpch = 75000;
    dark_matter.a = 0.666667;
    dark_matter.cosmology.omega_b = 0;  // a gravity-only run does not know it
    gas = dark_matter;
    gas->cosmology.omega_b = configured.omega_b;
    catalog.a = 0.66667;  // as printed
    catalog.box_mpch = 75;
    catalog.omega_m = 0.3089;
    catalog.omega_l = 0.6911;
    catalog.h = 0.6774;
  }
  std::string error() const {
    return test::error_of(
        [&] { require_headers_agree(catalog, "out_0.list", dark_matter, gas, configured, 1e-3); });
  }
};

TEST(HeadersAgree, WhenTheyDo) {
  EXPECT_EQ(Sources{}.error(), "no error");
  Sources without_gas;
  without_gas.gas.reset();
  EXPECT_EQ(without_gas.error(), "no error");
}

TEST(HeadersAgree, ARedshiftMayBeRounded) {
  Sources sources;  // z = 0.49999925
  for (double const redshift : {0.5, 0.49, 0.52}) {
    sources.catalog.redshift = redshift;
    EXPECT_EQ(sources.error(), "no error") << redshift;
  }
  sources.catalog.redshift = 0;
  EXPECT_TRUE(test::contains(sources.error(), "65 1 + redshift is 1 in the halo catalogue"));
}

TEST(HeadersAgree, NamesQuantityValuesAndTolerance) {
  struct Case {
    std::function<void(Sources&)> change;
    std::vector<std::string> said;
  };
  std::vector<Case> const cases{
      {[](Sources& s) { s.catalog.box_mpch = 50; },
       {"box size", "50 in the halo catalogue 'out_0.list'", "75 in the gravity-only"}},
      {[](Sources& s) { s.catalog.box_mpch = 75000; }, {"the ratio is 1000: kpc instead of Mpc?"}},
      {[](Sources& s) { s.catalog.a = 1.0; }, {"scale factor", "0.666667"}},
      {[](Sources& s) { s.catalog.omega_m = 0.3; }, {"Omega_m is 0.3 in"}},
      {[](Sources& s) { s.catalog.h = 0.7; }, {"h is 0.7 in"}},
      {[](Sources& s) { s.configured.omega_m = 0.25; }, {"Omega_m is 0.3089", "[cosmology]"}},
      {[](Sources& s) { s.configured.omega_l = 0.75; }, {"Omega_Lambda"}},
      {[](Sources& s) { s.gas->cosmology.omega_b = 0.045; },
       {"Omega_b is 0.045 in the gas snapshot and 0.0486 in the section [cosmology]"}},
      {[](Sources& s) { s.gas->box_ckpch = 75000 / 0.6774; }, {"the ratio is h"}},
      {[](Sources& s) { s.gas->a = 0.5; }, {"scale factor", "the gas snapshot"}}};
  for (auto const& [change, said] : cases) {
    Sources sources;
    change(sources);
    auto const text = sources.error();
    EXPECT_TRUE(test::contains(text, "65 "));
    EXPECT_TRUE(test::contains(text, "0.001"));
    for (auto const& part : said) EXPECT_TRUE(test::contains(text, part));
  }
}

}  // namespace
}  // namespace setsz
