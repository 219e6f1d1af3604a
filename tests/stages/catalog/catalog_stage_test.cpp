// SPDX-License-Identifier: BSD-3-Clause
#include "stages/catalog/catalog_stage.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "io/h5.hpp"
#include "io/snapshot_writer.hpp"
#include "stages/common/expected.hpp"
#include "tests/fixtures/scratch.hpp"
#include "tests/fixtures/stage_context.hpp"

namespace setsz {
namespace {

/// A list of 40 haloes, 30 of them hosts: masses 1e12 x 1.2^i Msun/h, every fourth a subhalo.
std::vector<std::string> halo_lines() {
  std::vector<std::string> lines;
  double mass = 1e12;
  for (int i = 0; i < 40; ++i) {
    double const radius = halo_scales(Cosmology{}, 1, 1e-10 * mass).r200c_ckpch;
    lines.push_back(concat(100 + i, " ", mass, " ", radius, " ", (i * 37) % 50 + 0.25, " ",
                           (i * 11) % 50, " ", (i * 23) % 50 + 0.5, " 10 -20 ", i,
                           " 1e12 2e12 3e12 ", 7 + i, " ", 30 + i, " ", i % 4 == 3 ? 100 : -1,
                           "\n"));
    mass *= 1.2;
  }
  return lines;
}

std::string list_of(std::vector<std::string> const& lines, bool with_parents = true,
                    double box = 50) {
  std::string columns = "#ID M200c R200c X Y Z VX VY VZ JX JY JZ Xoff Voff";
  std::string text = concat(columns, with_parents ? " PID" : "",
                            "\n#a = 0.500000\n#Om = 0.308900; Ol = 0.691100; h = 0.677400\n"
                            "#Box size: ",
                            box, ".000000 Mpc/h\n#Rockstar Version: 0.99.9-RC3+\n");
  for (auto const& line : lines)
    text += with_parents ? line : line.substr(0, line.rfind(' ')) + "\n";
  return text;
}

class CatalogStageTest : public testing::Test {
 protected:
  Comm const comm_ = Comm::world();
  test::Scratch const scratch_{comm_};

  void SetUp() override {
    if (comm_.is_root()) {
      SnapshotHeader header;
      header.box_ckpch = 50000;
      header.a = 0.5;
      header.redshift = 1;
      header.n_particles[1] = 1;
      header.mass_table[1] = 1;
      header.cosmology.omega_b = 0;
      DarkMatterFile const file{{{1, 2, 3}}, {{0, 0, 0}}, {7}, {}};
      write_snapshot_file(scratch_ / "snap_000.0.hdf5", header, 1, {0, 1, 0, 0, 0, 0}, &file,
                          nullptr);
    }
    write_list(list_of(halo_lines()));
  }
  void write_list(std::string const& text) {
    if (comm_.is_root()) test::write_bytes(scratch_ / "out_0.list", text);
    comm_.barrier();
  }
  Configuration configuration(std::string const& options) const {
    return Configuration::parse(
        concat("[run]\ndirectory = ", scratch_ / "run", "\n[snapshot.z1]\ndark_matter = ",
               scratch_ / "snap_000.*.hdf5", "\ncatalog = ", scratch_ / "out_0.list", "\n", extra_,
               "[catalog]\n", options.find("mass_min") == 0 ? "" : "mass_min = 2e13\n",
               options.find("hosts") == 0 ? "" : "hosts = parents\n", options),
        "test.ini", {"cosmology.matter_tolerance=10"},
        {schema_of<RunOptions>(), schema_of<CosmologySection>(), schema_of<SnapshotSection>(true),
         schema_of<MockFiles>(), schema_of<CatalogOptions>()});
  }
  std::string extra_;  ///< lines of [snapshot.z1]
  ClusterTable run(std::string const& options = "", std::string const& folder = "run") {
    notes_of(folder, options);
    return read_clusters(scratch_ / (folder + "/catalog/z1/clusters.h5"));
  }
  /// Runs the stage; what it notes.
  nlohmann::json notes_of(std::string const& folder, std::string const& options = "") {
    auto const all = configuration(options);
    CatalogStage stage(all, snapshot_instances(all).front());
    RunOptions run_options;
    run_options.directory = scratch_ / folder;
    Outlook outlook(run_options);
    stage.preflight(comm_, outlook);
    test::StageContext context(comm_, run_options, stage);
    stage.run(context);
    return context.notes();
  }
  std::string hash(std::string const& folder, std::string const& file) const {
    return h5_content_hash(scratch_ / (folder + "/catalog/z1/" + file));
  }
};

TEST_F(CatalogStageTest, SelectsHostsAboveTheCutWithTheirScales) {
  auto const table = run();
  // 1e12 x 1.2^i > 2e13 for i >= 17: 23 haloes, of which i = 19, 23, 27, 31, 35, 39 are subhaloes.
  ASSERT_EQ(table.size(), 17);
  EXPECT_EQ(table.box_ckpch, 50000);
  EXPECT_NEAR(table.redshift, 1, 1e-9);
  EXPECT_EQ(table.cosmology.omega_b, 0.0486);
  for (std::size_t i = 0; i < table.clusters.size(); ++i) {
    auto const& cluster = table.clusters[i];
    auto const number = static_cast<int>(cluster.id - 100);
    EXPECT_NE(number % 4, 3);
    EXPECT_NEAR(cluster.m200c / (100 * std::pow(1.2, number)), 1, 1e-5);
    auto const scales = halo_scales(Cosmology{}, 1, cluster.m200c);
    EXPECT_NEAR(cluster.r200c / scales.r200c_ckpch, 1, 1e-9);
    EXPECT_NEAR(cluster.v200 / scales.v200_kms, 1, 1e-9);
    EXPECT_NEAR(cluster.p200 / scales.p200_code, 1, 1e-9);
    EXPECT_EQ(cluster.xoff_ckpch, 7 + number);
    EXPECT_NEAR(cluster.angular_momentum.y, 2e5, 1e-6);
    EXPECT_NEAR(cluster.position.x, 1000 * ((number * 37) % 50 + 0.25), 1e-6);
    if (i > 0) {
      auto const& before = table.clusters[i - 1];
      EXPECT_TRUE(in_row_order(before.position, before.id, cluster.position, cluster.id, 50000));
    }
  }
  EXPECT_EQ(count_fill_halos(scratch_ / "run/catalog/z1/halos.h5"), 13);  // hosts of i = 0 ... 16
}

TEST_F(CatalogStageTest, IsTheSameOnOneRankAndForShuffledLines) {
  run("folds = 3\n", "all");
  auto lines = halo_lines();
  std::reverse(lines.begin(), lines.end());
  std::swap(lines[3], lines[17]);
  write_list(list_of(lines));
  run("folds = 3\n", "shuffled");
  EXPECT_EQ(hash("all", "clusters.h5"), hash("shuffled", "clusters.h5"));
  EXPECT_EQ(hash("all", "halos.h5"), hash("shuffled", "halos.h5"));
  if (comm_.is_root()) {
    auto const parsed = configuration("folds = 3\n");
    CatalogStage stage(parsed, snapshot_instances(parsed).front());
    RunOptions options;
    options.directory = scratch_ / "alone";
    test::StageContext context(Comm::self(), options, stage);
    stage.run(context);
    EXPECT_EQ(hash("all", "clusters.h5"), hash("alone", "clusters.h5"));
    EXPECT_EQ(hash("all", "halos.h5"), hash("alone", "halos.h5"));
  }
  comm_.barrier();
}

TEST_F(CatalogStageTest, AllHaloesAreHostsIfAsked) { EXPECT_EQ(run("hosts = all\n").size(), 23); }

/// All subhaloes are heavier than their host, 100, which is the lightest of the list.
TEST_F(CatalogStageTest, AHaloHeavierThanItsHostTakesItsPlace) {
  EXPECT_EQ(run("hosts = heavier\n").size(), 23);
  // Of i = 0 ... 16 all but 100.
  EXPECT_EQ(count_fill_halos(scratch_ / "run/catalog/z1/halos.h5"), 16);
  EXPECT_EQ(notes_of("run", "hosts = heavier\n").at("hosts_by_mass"), 10);
  // A host that is too light to be kept is found in the list.
  EXPECT_EQ(run("hosts = heavier\nfill_mass_min = 2e12\n").size(), 23);
}

TEST_F(CatalogStageTest, RefusesAParentThatIsNotInTheList) {
  auto lines = halo_lines();
  auto& line = lines[23];
  line.replace(line.rfind(" 100\n"), 5, " 999\n");
  write_list(list_of(lines));
  auto const text = test::error_of([&] { run("hosts = heavier\n"); });
  EXPECT_TRUE(test::contains(text, "65 halo 123 of"));
  EXPECT_TRUE(test::contains(text, "has the parent 999 (PID), which is not in the catalogue"));
}

TEST_F(CatalogStageTest, TheSnapshotsBoxBoundsAllHaloes) {
  auto text = list_of(halo_lines());
  text.erase(text.find("#Box size"), text.find("#Rockstar") - text.find("#Box size"));
  write_list(text);
  EXPECT_EQ(run().size(), 17);
  auto const at = text.find("\n100 ");
  text.replace(text.find(" 0.25 ", at), 6, " 50.25 ");  // a halo of 1e12 Msun/h
  write_list(text);
  EXPECT_TRUE(test::contains(test::error_of([&] { run(); }), "lies outside the box of 50 Mpc/h"));
}

TEST_F(CatalogStageTest, RefusesRadiiThatContradictTheMasses) {
  std::string text;
  for (auto const& line : halo_lines()) {
    auto fields = words(line);
    fields[1] = concat(std::stod(fields[1]) / 0.6774);  // Msun
    text += join(fields, " ") + "\n";
  }
  write_list(list_of({text}));
  auto const error = test::error_of([&] { run(); });
  EXPECT_TRUE(test::contains(error, "65 the radii in"));
  EXPECT_TRUE(test::contains(error, "without h"));
}

/// Medians of the whole list do not see one damaged row.
TEST_F(CatalogStageTest, EndsAtTheLineOfAClusterThatCannotBe) {
  auto const refused = [&](std::size_t halo, std::size_t field, double factor) {
    auto lines = halo_lines();
    auto fields = words(lines[halo]);
    fields[field] = concat(factor * std::stod(fields[field]));
    lines[halo] = join(fields, " ") + "\n";
    write_list(list_of(lines));
    return test::error_of([&] { run(); });
  };
  // 5 lines of comments; halo 30 has 2.4e14 Msun/h, R200 = 0.8 Mpc/h and Xoff = 37 kpc/h
  auto const at = concat("65 ", scratch_ / "out_0.list", ":36: halo 130 of ");
  for (auto const& [field, factor] :
       std::vector<std::pair<std::size_t, double>>{{2, 4}, {2, 0.2}, {12, 100}, {9, 1e8}})
    EXPECT_TRUE(test::contains(refused(30, field, factor), at)) << field;
  EXPECT_TRUE(test::contains(refused(30, 12, 100), "has an Xoff of 3700 ckpc/h, more than 2 R200"));
  EXPECT_EQ(refused(30, 12, 20), "no error");
  EXPECT_EQ(refused(31, 12, 100), "no error") << "a subhalo: not used";
  EXPECT_EQ(refused(3, 12, 1e4), "no error") << "not a cluster";
}

TEST_F(CatalogStageTest, RefusesAClusterThatIsListedTwice) {
  auto lines = halo_lines();
  lines.push_back(concat(900, lines[36].substr(3)));
  write_list(list_of(lines));
  auto const text = test::error_of([&] { run(); });
  EXPECT_TRUE(test::contains(text, "65 two hosts lie 0 ckpc/h from each other"));
  EXPECT_TRUE(test::contains(text, "halo 136 (" + scratch_ / "out_0.list:42, "));
  EXPECT_TRUE(test::contains(text, "halo 900 (" + scratch_ / "out_0.list:46, "));
  EXPECT_EQ(run("hosts = positions\n", "by_position").size() > 0, true);
}

TEST_F(CatalogStageTest, AValueThatParticlesTellDoesNotRefuseAList) {
  auto text = list_of(halo_lines());
  text.replace(text.find("1e12 2e12 3e12"), 4, "nan ");
  write_list(text);
  EXPECT_EQ(run().size(), 17);
}

TEST_F(CatalogStageTest, WhatAnUpperLimitCutsIsFilledInTheMaps) {
  auto const table = run("mass_max = 1e14\n");
  for (auto const& cluster : table.clusters) EXPECT_LT(cluster.m200c, 1e4);
  // All 30 hosts are in one of the two files.
  EXPECT_EQ(table.size() + count_fill_halos(scratch_ / "run/catalog/z1/halos.h5"), 30);
}

TEST_F(CatalogStageTest, AnEmptySelectionSaysWhatThereIs) {
  auto lines = halo_lines();
  lines.resize(10);
  write_list(list_of(lines));
  auto const empty = test::error_of([&] { run(); });
  EXPECT_TRUE(test::contains(empty, "65 no halo of"));
  EXPECT_TRUE(test::contains(empty, "10 haloes, 8 hosts"));
  EXPECT_TRUE(test::contains(empty, "5.15978035e+12"));  // 1e12 x 1.2^9
  EXPECT_TRUE(test::contains(empty, "catalog.mass_min"));
  EXPECT_EQ(run("allow_empty = yes\n").size(), 0);
}

TEST_F(CatalogStageTest, WithoutParentsItAsksForThem) {
  write_list(list_of(halo_lines(), false));
  auto const text = test::error_of([&] { run(); });
  EXPECT_TRUE(test::contains(text, "65 "));
  EXPECT_TRUE(test::contains(text, "no column PID"));
  EXPECT_EQ(run("hosts = all\n").size(), 23);
}

/// 37 i mod 50 and so on put no halo into another one; two are moved.
TEST_F(CatalogStageTest, WithoutParentsPositionsTellTheHosts) {
  auto lines = halo_lines();
  for (auto const& [halo, into] :
       std::vector<std::pair<std::size_t, std::size_t>>{{20, 39}, {2, 3}}) {
    auto fields = words(lines[halo]), heavier = words(lines[into]);
    for (std::size_t column = 3; column < 6; ++column) fields[column] = heavier[column];
    lines[halo] = join(fields, " ") + "\n";
  }
  write_list(list_of(lines, false));
  auto const table = run("hosts = positions\n");
  EXPECT_EQ(table.size(), 22);  // of 23
  for (auto const& cluster : table.clusters) EXPECT_NE(cluster.id, 120);
  EXPECT_EQ(count_fill_halos(scratch_ / "run/catalog/z1/halos.h5"), 16);  // of 17
}

/// The list as a table of other names, units and kinds of file.
TEST_F(CatalogStageTest, ATableWithNamedColumnsGivesTheSameClusters) {
  auto const expected = run();
  std::string csv = "halo,Mass,px,py,pz,u,v,w,j1,j2,j3,off,voff,parent\n";
  for (auto const& line : halo_lines()) {
    auto fields = words(line);
    fields.erase(fields.begin() + 2);                           // R200c
    fields[1] = concat(std::stod(fields[1]) * 1e-10 / 0.6774);  // 1e10 Msun
    for (std::size_t i = 2; i < 5; ++i) fields[i] = concat(1000 * std::stod(fields[i]));
    csv += join(fields, ",") + "\n";
  }
  write_list(csv);
  std::string const columns =
      "catalog_columns = id: halo, m200c: Mass [1e10 Msun], x: px [kpc/h], y: py [kpc/h], z: pz "
      "[kpc/h], vx: u [km/s], vy: v [km/s], vz: w [km/s], jx: j1 [Msun/h Mpc/h km/s], jy: j2 "
      "[Msun/h Mpc/h km/s], jz: j3 [Msun/h Mpc/h km/s], xoff: off [kpc/h], voff: voff [km/s], "
      "pid: parent\n";
  extra_ = columns;
  auto const found = run("", "table");
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.clusters.size(); ++i) {
    auto const &a = found.clusters[i], &b = expected.clusters[i];
    EXPECT_EQ(a.id, b.id);
    EXPECT_NEAR(a.m200c / b.m200c, 1, 1e-8);
    EXPECT_NEAR(norm(a.position - b.position), 0, 1e-6);
    EXPECT_EQ(a.velocity, b.velocity);
    EXPECT_NEAR(norm(a.angular_momentum) / norm(b.angular_momentum), 1, 1e-8);
    EXPECT_EQ(a.xoff_ckpch, b.xoff_ckpch);
  }
  extra_ = "catalog_columns = idd: halo\n";
  EXPECT_TRUE(test::contains(test::error_of([&] { run(); }), "is not of the form WHAT: NAME"));
}

/// A plain table with a missing mass.
TEST_F(CatalogStageTest, SaysHowManyHaloesHaveNoMass) {
  for (bool const lacks : {false, true}) {
    std::string csv = "id,m200c[Msun/h],x[Mpc/h],y[Mpc/h],z[Mpc/h],pid\n";
    for (auto const& line : halo_lines()) {
      auto const fields = words(line);
      csv += concat(fields[0], ",", lacks && fields[0] == "138" ? "0" : fields[1], ",", fields[3],
                    ",", fields[4], ",", fields[5], ",-1\n");
    }
    write_list(csv);
    testing::internal::CaptureStderr();
    auto const notes = notes_of(concat("massless", lacks));
    auto const said = testing::internal::GetCapturedStderr();
    EXPECT_EQ(notes.at("clusters"), lacks ? 22 : 23);
    bool const warned = test::contains(said, "warning: catalog: 1 haloes in '") &&
                        test::contains(said, "M200c = 0; they are left out");
    EXPECT_TRUE(warned == lacks || !comm_.is_root()) << said;
  }
}

TEST_F(CatalogStageTest, ComparesBoundMassesWithThoseOfAllParticles) {
  EXPECT_FALSE(notes_of("plain").contains("median_bound_over_all_mass"));
  for (double const ratio : {0.98, 0.9}) {
    auto text = list_of(halo_lines());
    text.replace(text.find("R200c"), 5, "R200c M200c_all");
    std::string with_both;
    for (auto const& line : split(text, '\n')) {
      auto fields = words(line);
      if (!line.empty() && line[0] != '#')
        fields[2] += concat(" ", std::stod(fields[1]) / ratio);  // behind R200c
      with_both += line.starts_with('#') ? line + "\n" : join(fields, " ") + "\n";
    }
    write_list(with_both);
    testing::internal::CaptureStderr();
    auto const notes = notes_of(concat("both", ratio));
    auto const said = testing::internal::GetCapturedStderr();
    EXPECT_NEAR(notes.at("median_bound_over_all_mass").get<double>(), ratio, 1e-5);
    bool const warned = said.find("warning: catalog: the bound M200c") != std::string::npos;
    EXPECT_TRUE(warned == (ratio < 0.95) || !comm_.is_root()) << said;
  }
}

TEST_F(CatalogStageTest, RefusesACatalogueOfAnotherBox) {
  write_list(list_of(halo_lines(), true, 60));
  auto const text = test::error_of([&] { run(); });
  EXPECT_TRUE(test::contains(text, "65 the box size [Mpc/h] is 60"));
}

TEST_F(CatalogStageTest, RefusesAnIdThatComesTwice) {
  auto lines = halo_lines();
  for (std::size_t i = 27; i >= 20; --i) lines.push_back(lines[i]);
  write_list(list_of(lines));
  // The same one on any number of ranks.
  EXPECT_TRUE(test::contains(test::error_of([&] { run(); }), "65 halo id 120 occurs twice"));
}

TEST_F(CatalogStageTest, BeforeItRunsItTellsWhatItWillHold) {
  auto const parsed = configuration("folds = 3\n");
  CatalogStage const stage(parsed, snapshot_instances(parsed).front());
  Outlook outlook(parsed.get<RunOptions>());
  EXPECT_TRUE(test::contains(test::error_of([&] { expected_clusters(outlook, "z1"); }),
                             "66 '" + (scratch_ / "run/catalog/z1/clusters.h5")));
  stage.preflight(comm_, outlook);
  auto const expected = expected_clusters(outlook, "z1");
  auto const fill = expected_fill(outlook, "z1");
  auto const table = run("folds = 3\n");
  ASSERT_EQ(expected.size(), table.size());
  EXPECT_EQ(expected.split, table.split);
  for (std::int64_t row = 0; row < table.size(); ++row) {
    EXPECT_EQ(expected.clusters[row].id, table.clusters[row].id);
    EXPECT_EQ(expected.clusters[row].r200c, table.clusters[row].r200c);
  }
  EXPECT_EQ(fill.n, count_fill_halos(scratch_ / "run/catalog/z1/halos.h5"));
  EXPECT_EQ(std::ssize(fill.r200c), fill.n);
}

TEST_F(CatalogStageTest, CheckFindsWhatTheListAndTheOptionsTell) {
  auto const refusal = [&](std::string const& options) {
    auto const parsed = configuration(options);
    CatalogStage const stage(parsed, snapshot_instances(parsed).front());
    Outlook outlook(parsed.get<RunOptions>());
    return test::error_of([&] { stage.preflight(comm_, outlook); });
  };
  EXPECT_TRUE(
      test::contains(refusal("folds = 90\n"), "78 [catalog] folds = 90, but there are only"));
  EXPECT_TRUE(test::contains(refusal("mass_min = 1e16\n"), "65 no halo of"));
  write_list(list_of(halo_lines(), false));
  EXPECT_TRUE(test::contains(refusal(""), "65 '"));
  EXPECT_TRUE(test::contains(refusal(""), "no column PID"));
}

TEST_F(CatalogStageTest, APartWithoutClustersIsFoundBeforeWorkBegins) {
  auto const parsed = configuration("testing_fraction = 0\n");
  CatalogStage const stage(parsed, snapshot_instances(parsed).front());
  Outlook outlook(parsed.get<RunOptions>());
  require_part(comm_, outlook, "z1", 0, Split::testing);  // nothing is known yet
  stage.preflight(comm_, outlook);
  require_part(comm_, outlook, "z1", 0, Split::training);
  auto const error = test::error_of([&] { require_part(comm_, outlook, "z1", 0, Split::testing); });
  EXPECT_TRUE(test::contains(error, "78 fold 0 of 1 has no testing cluster"));
}

TEST_F(CatalogStageTest, EveryResultOptionIsInTheFingerprint) {
  auto const lines_of = [&](std::string const& options) {
    auto const parsed = configuration(options);
    return CatalogStage(parsed, snapshot_instances(parsed).front()).record().settings.hex();
  };
  auto const plain = lines_of("");
  for (std::string const changed :
       {"folds = 2\n", "hosts = all\n", "mass_max = 1e15\n", "fill_mass_min = 2e12\n",
        "mass_definition = 500c\n", "validation_fraction = 0.3\n", "[cosmology]\nomega_b = 0.04\n"})
    EXPECT_NE(lines_of(changed), plain) << changed;
}

TEST(CatalogOptions, RefusesPairsThatDoNotFit) {
  CatalogOptions options;
  options.fill_mass_min_msunh = 1e14;
  EXPECT_TRUE(test::contains(test::error_of([&] { options.validate(); }), "fill_mass_min"));
  options = {};
  options.mass_max_msunh = 1e13;
  EXPECT_TRUE(test::contains(test::error_of([&] { options.validate(); }), "mass_max"));
  options = {};
  options.split.n_folds = 2;
  options.split.validation_fraction = 0.5;
  EXPECT_TRUE(
      test::contains(test::error_of([&] { options.validate(); }), "leave no cluster for training"));
}

}  // namespace
}  // namespace setsz
