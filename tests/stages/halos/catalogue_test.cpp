// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/catalogue.hpp"

#include <fitsio.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <fstream>

#include "io/h5.hpp"
#include "pipeline/base/units.hpp"
#include "tests/fixtures/scratch.hpp"

namespace setsz {
namespace {

using test::contains;
using test::error_of;

class Catalogues : public testing::Test {
 protected:
  Comm const comm_ = Comm::world();
  test::Scratch const scratch_{comm_};
  Cosmology const cosmology_;

  std::string write(std::string const& text, std::string const& name = "halos.csv") const {
    comm_.barrier();  // nobody reads an earlier file of this name any more
    if (comm_.is_root()) test::write_bytes(scratch_ / name, text);
    comm_.barrier();
    return scratch_ / name;
  }
  Catalogue open(CatalogueSection const& section) const {
    Catalogue catalogue(section, "mine", cosmology_);
    catalogue.count_rows(comm_);
    return catalogue;
  }
  std::vector<CatalogueRow> read(CatalogueSection const& section) const {
    auto const catalogue = open(section);
    return catalogue.read({0, catalogue.n_rows()});
  }
  /// What opening and reading all says, without the folder.
  std::string error(CatalogueSection const& section) const {
    auto text = error_of([&] { open(section).survey(comm_); });
    for (auto at = text.find(scratch_.path()); at != std::string::npos;
         at = text.find(scratch_.path()))
      text.erase(at, scratch_.path().size() + 1);
    comm_.barrier();
    return text;
  }
};

TEST_F(Catalogues, ARowOfDirectionAndRedshiftIsSeenInTheSky) {
  auto const rows = read({.files = {write("ra,dec,redshift,M200c [Msun]\n"
                                          "90,0,0.1,1e14\n0,90,0.2,2e14\n180,-45,1,3e14\n")}});
  ASSERT_EQ(rows.size(), 3U);
  double const distance = cosmology_.comoving_distance(0.1);
  EXPECT_NEAR(norm(rows[0].halo.seen - Vec3{0, distance, 0}) / distance, 0, 1e-9);
  EXPECT_NEAR(rows[1].halo.seen.z / cosmology_.comoving_distance(0.2), 1, 1e-9);
  EXPECT_NEAR(rows[2].halo.seen.x / norm(rows[2].halo.seen), -std::sqrt(0.5), 1e-12);
  EXPECT_NEAR(rows[2].halo.seen.z / norm(rows[2].halo.seen), -std::sqrt(0.5), 1e-12);
  EXPECT_DOUBLE_EQ(rows[0].m200c, 1e4 * cosmology_.h);
  EXPECT_EQ(rows[2].row, 2);
}

TEST_F(Catalogues, VelocitiesAreThoseAwayFromTheObserver) {
  auto const along = read({.files = {write("ra,dec,redshift,M200c [Msun],v_los\n"
                                           "90,0,0.1,1e14,-321\n0,90,0.2,2e14,nan\n")}});
  EXPECT_NEAR(along[0].halo.velocity, -321, 1e-9);
  EXPECT_TRUE(std::isnan(along[1].halo.velocity));
  auto const in_space = read({.files = {write("x [Mpc],y [Mpc],z [Mpc],M200c [Msun],vx,vy,vz\n"
                                              "300,0,400,1e14,100,900,50\n")}});
  EXPECT_NEAR(in_space[0].halo.velocity, 0.6 * 100 + 0.8 * 50, 1e-9);
  auto const none = read({.files = {write("ra,dec,redshift,M200c [Msun],vx\n90,0,0.1,1e14,5\n")}});
  EXPECT_TRUE(std::isnan(none[0].halo.velocity));
  EXPECT_TRUE(contains(error({.files = {write("ra,dec,redshift,M200c [Msun],v_los\n"
                                              "90,0,0.1,1e14,4e4\n")}}),
                       "no halo moves faster than 10^4 km/s; which unit is it in?"));
}

TEST_F(Catalogues, DirectionsMayBeThoseOfHealpy) {
  auto const rows =
      read({.files = {write("theta phi z M200c [Msun/h]\n1.5707963267948966 0 0.1 1e14\n")}});
  double const distance = cosmology_.comoving_distance(0.1);
  EXPECT_NEAR(norm(rows.at(0).halo.seen - Vec3{distance, 0, 0}) / distance, 0, 1e-9);
}

TEST_F(Catalogues, PositionsHaveTheObserverAtTheOriginAndTellTheRedshift) {
  CatalogueSection section{.files = {write("x [Mpc/h],y [Mpc/h],z [Mpc/h],Mvir [Msun/h]\n"
                                           "300,400,10,1e14\n")}};
  section.observer_mpch = {0, 0, 10};
  auto const rows = read(section);
  EXPECT_NEAR(norm(rows.at(0).halo.seen - Vec3{3e5, 4e5, 0}), 0, 1e-6);
  EXPECT_NEAR(rows.at(0).halo.redshift, cosmology_.redshift_at(5e5), 1e-9);
}

TEST_F(Catalogues, ColumnsCanBeNamedInTheConfiguration) {
  auto const path = write("12,34.5,0.3,2e14\n");
  auto const rows = read({.files = {path},
                          .columns = {"ra: 1", "dec: 2 [deg]", "redshift: 3", "mass: 4 [Msun]"},
                          .mass_definition = CatalogueSection::Mass::m200m});
  double const m200m = 2e4 * cosmology_.h;
  double const c = concentration(ConcentrationRelation::duffy2008, MassDefinition::m200m,
                                 cosmology_, 0.3, m200m);
  EXPECT_NEAR(
      rows.at(0).m200c,
      converted({m200m, c}, MassDefinition::m200m, MassDefinition::m200c, cosmology_, 0.3).mass,
      1e-9 * m200m);
  EXPECT_LT(rows.at(0).m200c, m200m);
}

TEST_F(Catalogues, ItsOwnConcentrationsConvertItsMasses) {
  auto const rows =
      read({.files = {write("ra,dec,z,M500c [Msun/h],concentration\n1,2,0.3,1e14,3\n")}});
  EXPECT_NEAR(
      rows.at(0).m200c,
      converted({1e4, 3}, MassDefinition::m500c, MassDefinition::m200c, cosmology_, 0.3).mass,
      1e-8);
}

TEST_F(Catalogues, EveryFormatGivesTheSameHaloes) {
  auto const csv = write("ra,dec,redshift,M200c [Msun/h]\n10,20,0.25,1e14\n300,-5,0.5,2.5e14\n");
  auto const h5 = scratch_ / "halos.h5", fits = scratch_ / "halos.fits";
  if (comm_.is_root()) {
    auto file = H5File::create_serial(h5);
    file.write_same<double>("/ra", {.unit = "deg"}, {10, 300});
    file.write_same<double>("/dec", {.unit = "deg"}, {20, -5});
    file.write_same<double>("/redshift", {.unit = "1"}, {0.25, 0.5});
    file.write_same<float>("/M200c", {.unit = "1e10 Msun/h"}, {1e4F, 2.5e4F});
    file.write_same<std::int64_t>("/id", {.unit = "1"}, {7, 8});
    file.close();
    int status = 0;
    fitsfile* out = nullptr;
    char const* names[] = {"RA", "DEC", "Z", "M200c", "NAME"};
    char const* forms[] = {"D", "D", "E", "D", "8A"};
    char const* units[] = {"deg", "deg", "", "Msun/h", ""};
    double numbers[4][2] = {{10, 300}, {20, -5}, {0.25, 0.5}, {1e14, 2.5e14}};
    fits_create_file(&out, fits.c_str(), &status);
    fits_create_tbl(out, BINARY_TBL, 2, 5, const_cast<char**>(names), const_cast<char**>(forms),
                    const_cast<char**>(units), "HALOS", &status);
    for (int i = 0; i < 4; ++i) fits_write_col(out, TDOUBLE, i + 1, 1, 1, 2, numbers[i], &status);
    fits_close_file(out, &status);
    ASSERT_EQ(status, 0);
  }
  comm_.barrier();
  auto const wanted = read({.files = {csv}});
  for (auto const& path : {h5, fits}) {
    auto const rows = read({.files = {path}});
    ASSERT_EQ(rows.size(), 2U) << path;
    for (std::size_t i = 0; i < 2; ++i) {
      EXPECT_NEAR(norm(rows[i].halo.seen - wanted[i].halo.seen), 0, 1e-6) << path;
      EXPECT_NEAR(rows[i].m200c, wanted[i].m200c, 1e-9);
      EXPECT_EQ(rows[i].halo.redshift, wanted[i].halo.redshift);
    }
  }
}

TEST_F(Catalogues, WebskyHasLagrangianRadii) {
  // mass = 4/3 pi rho_m R^3 [Msun], M200m
  struct {
    std::int32_t head[3] = {-2, 0, 0};
    float rows[2][10] = {{100, 200, -300, 1, 2, 3, 12, 0, 0, 0}, {500, 0, 0, 0, 0, 0, 20, 0, 0, 0}};
  } const content;
  std::string bytes(sizeof content, ' ');
  std::memcpy(bytes.data(), &content, sizeof content);
  auto const path = write(bytes, "halos.pksc");
  auto const catalogue = open({.files = {path}});
  EXPECT_EQ(catalogue.mass_definition(), MassDefinition::m200m);
  auto const rows = catalogue.read({0, 2});
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_NEAR(norm(rows[0].halo.seen - 1000 * cosmology_.h * Vec3{100, 200, -300}), 0, 0.1);
  // rho = 2.775e11 omega_m h^2 Msun/Mpc^3, as WebSky's own reader has it
  double const msun = 4 * std::numbers::pi / 3 * 2.775e11 * cosmology_.omega_m * cosmology_.h *
                      cosmology_.h * std::pow(20, 3);
  EXPECT_NEAR(rows[1].halo.mass * 1e10 / cosmology_.h / msun, 1, 2e-4);
  write(bytes.substr(0, bytes.size() - 4), "halos.pksc");
  EXPECT_TRUE(contains(error({.files = {path}}), "'halos.pksc' has 88 bytes in place of 92"));
}

TEST_F(Catalogues, SeveralFilesAreOneCatalogueAndLimitsHold) {
  CatalogueSection section{
      .files = {write("ra,dec,z,M200c [Msun/h]\n1,2,0.1,1e13\n1,2,0.2,2e14\n"),
                write("dec,ra,M200c [Msun/h],z\n2,1,3e14,0.3\n2,1,4e14,2\n", "more.csv")},
      .mass_min_msunh = 1e14,
      .redshift_max = 1};
  auto const catalogue = open(section);
  EXPECT_EQ(catalogue.n_rows(), 4);
  auto const rows = catalogue.read({0, 4});
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].row, 1);
  EXPECT_EQ(rows[1].row, 2);
  EXPECT_DOUBLE_EQ(rows[1].m200c, 3e4);
  auto const survey = catalogue.survey(comm_);
  EXPECT_EQ(survey.n_chosen, 2);
  EXPECT_DOUBLE_EQ(survey.m200c_min, 2e4);
  EXPECT_DOUBLE_EQ(survey.redshift_max, 0.3);
  EXPECT_LT(survey.distance_mismatch, 1e-9);
}

TEST_F(Catalogues, ANumberThatCannotBeTrueIsNamedWithFileLineAndColumn) {
  std::string text = "ra,dec,z,M200c [Msun/h]\n";
  for (int row = 0; row < 50; ++row)
    text += row == 33 ? "1,2,0.1,-3e14\n" : row == 40 ? "1,95,0.1,1e14\n" : "1,2,0.1,1e14\n";
  EXPECT_TRUE(contains(error({.files = {write(text)}}),
                       "65 halos.csv:35: column M200c = -3e+14: not positive; correct or remove"));
  EXPECT_TRUE(contains(error({.files = {write("ra,dec,z,M200c [Msun/h]\n1,2,nan,1e14\n")}}),
                       "halos.csv:2: column z = nan: not a finite number"));
  EXPECT_TRUE(contains(error({.files = {write("ra,dec,z,M200c [Msun/h]\n1,2,-0.1,1e14\n")}}),
                       "column z = -0.1: not a redshift"));
  EXPECT_TRUE(contains(error({.files = {write("ra,dec,z,M200c [Msun/h]\n1,2,0.1,1e17\n")}}),
                       "halos.csv:2: column M200c = 1e+17: no halo has more than 10^16.5 Msun/h"));
  EXPECT_TRUE(contains(error({.files = {write("ra,dec,z,M500c [Msun/h],c\n1,2,0.1,1e14,1e30\n")}}),
                       "halos.csv:2: column c = 1e+30: not a concentration"));
  EXPECT_TRUE(contains(error({.files = {write("x [Mpc],y [Mpc],z [Mpc],M200c [Msun/h]\n"
                                              "1,2,3,1e14\n1,2e7,3,1e14\n")}}),
                       "halos.csv:3: the halo is 13548000 Mpc/h away, farther than redshift 20"));
}

TEST_F(Catalogues, SaysWhichColumnIsMissingAndWhatToDo) {
  EXPECT_TRUE(contains(error({.files = {write("ra,z,M200c [Msun/h]\n1,2,3\n")}}),
                       "65 'halos.csv' has no positions: wanted ra and dec, theta and phi, or x, y "
                       "and z, found columns ra, z, M200c; name them with [catalogue.mine] "
                       "columns = ra: NAME, dec: NAME"));
  EXPECT_TRUE(
      contains(error({.files = {write("ra,dec,M200c [Msun/h]\n1,2,3\n")}}), "has no distances"));
  EXPECT_TRUE(contains(error({.files = {write("ra,dec,z,w\n1,2,3,4\n")}}), "has no masses"));
  EXPECT_TRUE(contains(error({.files = {write("ra,dec,z,M200c\n1,2,3,4\n")}}),
                       "78 'halos.csv': column M200c has no unit"));
  EXPECT_TRUE(contains(error({.files = {write("ra,dec,z,mass [Msun]\n1,2,3,4\n")}}),
                       "set [catalogue.mine] mass_definition = 200c, 200m, 500c or vir"));
  EXPECT_TRUE(contains(error({.files = {write("ra,dec,z,M200c [Msun],M500c [Msun]\n1,2,3,4,5\n")}}),
                       "masses of several definitions"));
  EXPECT_TRUE(contains(error({.files = {write("ra,dec,z,M200c [kg]\n1,2,3,4\n")}}),
                       "has the unit 'kg', wanted one of Msun"));
  EXPECT_TRUE(contains(
      error({.files = {write("ra,dec,z,M200c [Msun]\n1,2,3,4\n")}, .columns = {"redshift: Zed"}}),
      "has no column Zed (from [catalogue.mine] columns), but ra, dec, z"));
  EXPECT_TRUE(contains(error({.files = {scratch_ / "none.csv"}}),
                       "66 no halo catalogue 'none.csv' (from [catalogue.mine] files)"));
}

}  // namespace
}  // namespace setsz
