// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/profile_choice.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "model/model_file.hpp"
#include "tests/fixtures/scratch.hpp"

namespace setsz {
namespace {

class OfModels : public testing::Test {
 protected:
  test::Scratch const scratch_{Comm::self()};
  ClusterTable table_;

  std::string write(std::string const& name, GnfwParameters const& flux) const {
    ModelState state;
    state.description["flux_profile"] = flux;
    write_model(scratch_ / name, state);
    return scratch_ / name;
  }
  static std::string no_product(std::string const& name) {
    fail(ExitCode::missing_input, "there is no ", name);
  }
};

TEST_F(OfModels, TheFitIsTheMeanOfTheirProfiles) {
  GnfwParameters const one;
  GnfwParameters other;
  other.A_P0 *= 3;
  other.a_xc = -0.5;
  // Seeds of a fold share its fit: here two of three files.
  std::vector<std::string> const files{write("a.h5", one), write("b.h5", other),
                                       write("c.h5", one)};
  table_.redshift = 0.3;
  ProfileChoice const choice("fit", "z0", files);
  EXPECT_EQ(choice.name(), "fit of the model");
  EXPECT_TRUE(choice.products().empty());
  EXPECT_EQ(choice.files(), files);
  auto const profile = choice.open(no_product, table_);
  for (double const mass : {1e3, 1e4, 5e4, 1e3})
    for (double const x : {0.01, 0.5, 2.0}) {
      auto const of = [&](GnfwParameters const& p) {
        return gnfw(gnfw_shape(p, mass, table_.cosmology.h, table_.redshift), x);
      };
      EXPECT_NEAR(profile(mass, x), (2 * of(one) + of(other)) / 3, 1e-12 * of(other));
    }
}

TEST_F(OfModels, WithoutThemTheFitIsThatOfTheRun) {
  ProfileChoice const choice("fit", "z0");
  EXPECT_EQ(choice.name(), "fit");
  EXPECT_EQ(choice.products(), std::vector<std::string>{"fit/z0/fold0/gnfw.json"});
  ProfileChoice const published("battaglia2012", "z0", {scratch_ / "a.h5"});
  EXPECT_EQ(published.name(), "battaglia2012");
  EXPECT_TRUE(published.files().empty());
}

TEST_F(OfModels, SkirtsBeginWhereTheProfilesEnd) {
  std::ofstream(scratch_ / "skirt.json") << R"({"skirt": {"index": 4.5, "mass_slope": 0.4}})";
  std::ofstream(scratch_ / "empty.json") << "{}";
  ProfileChoice const fit("fit", "z0");
  EXPECT_EQ(fit.skirt_products(), std::vector<std::string>{"fit/z0/skirt/skirt.json"});
  auto const file = [&](char const* name) {
    return [path = scratch_ / name](std::string const&) { return path; };
  };
  auto const of_run = fit.open_skirt(file("skirt.json"), table_);
  EXPECT_NEAR(of_run(5e3, 4), std::pow(2.0, -4.5), 1e-12);
  EXPECT_NEAR(of_run(1e4, 3), std::pow(1.5, -4.5 - 0.4 * std::log(2.0)), 1e-12);
  EXPECT_TRUE(test::contains(test::error_of([&] { fit.open_skirt(file("empty.json"), table_); }),
                             "empty.json' has no fit of the skirt"));

  table_.mass_definition = "200c";
  ProfileChoice const published("arnaud2010", "z0");
  EXPECT_TRUE(published.skirt_products().empty());
  auto const inside = published.open(no_product, table_),
             skirt = published.open_skirt(no_product, table_);
  for (double const x : {2.0, 2.7, 4.0})
    EXPECT_NEAR(skirt(3e3, x) * inside(3e3, 2), inside(3e3, x), 1e-12 * inside(3e3, x));
}

TEST_F(OfModels, AFileWithoutAFitIsRefused) {
  write_model(scratch_ / "bare.h5", {});
  ProfileChoice const choice("fit", "z0", {scratch_ / "bare.h5"});
  auto const text = test::error_of([&] { choice.open(no_product, table_); });
  EXPECT_TRUE(test::contains(text, "65 "));
  EXPECT_TRUE(test::contains(text, "bare.h5' has no flux-true fit"));
}

}  // namespace
}  // namespace setsz
