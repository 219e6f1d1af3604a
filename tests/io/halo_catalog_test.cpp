// SPDX-License-Identifier: BSD-3-Clause
#include "io/halo_catalog.hpp"

#include "io/snapshot.hpp"

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace setsz {
namespace {

std::string const shared_data = SETSZ_SHARED_DATA;

constexpr char const* header =
    "#ID DescID M200c Vmax X Y Z VX VY VZ JX JY JZ Xoff Voff M200b PID\n"
    "#a = 0.500000\n"
    "#Om = 0.308900; Ol = 0.691100; h = 0.677400\n"
    "#Box size: 50.000000 Mpc/h\n"
    "#Rockstar Version: 0.99.9-RC3\n";

std::string row(int id, double mass, double x, int parent) {
  return concat(id, " -1 ", mass, " 300.5 ", x, " 2.5 49.9 10 -20 30 1e12 -2e12 3e12 15.5 12 ",
                1.2 * mass, " ", parent, "\n");
}

/// A file that every rank sees, written by rank 0 and removed at the end.
class TemporaryFile {
 public:
  TemporaryFile(Comm const& comm, std::string const& content) : comm_(comm) {
    path_ = comm.broadcast((std::filesystem::temp_directory_path() /
                            concat("setsz_", getpid(), "_", counter_++, ".list"))
                               .string(),
                           0);
    if (comm.is_root()) std::ofstream(path_) << content;
    comm.barrier();
  }
  ~TemporaryFile() {
    comm_.barrier();
    if (comm_.is_root()) std::filesystem::remove(path_);
  }
  std::string const& path() const { return path_; }

 private:
  inline static int counter_ = 0;
  Comm comm_;
  std::string path_;
};

std::vector<Halo> gathered(Comm const& comm, HaloCatalog const& catalog) {
  auto all = comm.all_gather_v(catalog.halos);
  std::sort(all.begin(), all.end(), [](Halo const& a, Halo const& b) { return a.id < b.id; });
  return all;
}

std::string refusal(Comm const& comm, std::string const& content, ExitCode code) {
  TemporaryFile const file(comm, content);
  try {
    read_halo_catalog(comm, {file.path()}, {MassDefinition::m200c, 0});
  } catch (CollectiveError const& error) {
    EXPECT_EQ(error.code(), code);
    return error.what();
  }
  ADD_FAILURE() << "was accepted:\n" << content;
  return {};
}

TEST(HaloCatalog, ReadsRowsInCodeUnitsWhateverTheNumberOfRanks) {
  auto const comm = Comm::world();
  std::string content = header;
  for (int id = 0; id < 100; ++id) content += row(id, 1e12 * (id + 1), 0.4 * id, id % 3 ? -1 : 7);
  TemporaryFile const file(comm, content);
  auto const catalog = read_halo_catalog(comm, {file.path()}, {MassDefinition::m200c, 50 * 100.0});
  EXPECT_EQ(catalog.n_rows, 100);
  EXPECT_EQ(catalog.header.a, 0.5);
  EXPECT_EQ(catalog.header.box_mpch, 50.0);
  auto const halos = gathered(comm, catalog);
  ASSERT_EQ(halos.size(), 51u);
  Halo const& halo = halos[0];
  EXPECT_EQ(halo.id, 49);
  EXPECT_EQ(halo.parent_id, -1);
  EXPECT_EQ(halo.line, 5 + 50);
  EXPECT_DOUBLE_EQ(halo.mass, 5000);
  EXPECT_DOUBLE_EQ(halo.position.x, 19600);
  EXPECT_DOUBLE_EQ(halo.position.z, 49900);
  EXPECT_DOUBLE_EQ(halo.velocity.y, -20);
  EXPECT_DOUBLE_EQ(halo.angular_momentum.y, -2e5);
  EXPECT_DOUBLE_EQ(halo.xoff_ckpch, 15.5);
  EXPECT_DOUBLE_EQ(halo.voff_kms, 12);
}

TEST(HaloCatalog, TakesAnotherMassDefinitionByItsColumn) {
  auto const comm = Comm::world();
  TemporaryFile const file(comm, header + row(1, 1e13, 1, -1));
  auto const halos =
      gathered(comm, read_halo_catalog(comm, {file.path()}, {MassDefinition::m200m, 0}));
  ASSERT_EQ(halos.size(), 1u);
  EXPECT_DOUBLE_EQ(halos[0].mass, 1200);
}

TEST(HaloCatalog, CountsHaloesThatOnlyAnotherDefinitionGivesAMass) {
  auto const comm = Comm::world();
  std::string content = header;
  content += row(1, 1e14, 10, -1);
  for (int id : {2, 3, 4}) {  // the least mass is 1e13, of M200b 3e14, 2e14 and 1e12
    auto line = row(id, 0, 10 + id, -1);
    line.replace(line.rfind(" 0 "), 3, id == 2 ? " 3e14 " : id == 3 ? " 2e14 " : " 1e12 ");
    content += line;
  }
  TemporaryFile const file(comm, content);
  auto const catalog = read_halo_catalog(comm, {file.path()}, {MassDefinition::m200c, 1e3});
  EXPECT_EQ(gathered(comm, catalog).size(), 1U);
  EXPECT_EQ(catalog.massless.n, 2);
  EXPECT_EQ(catalog.massless.n_without_another, 0);
  EXPECT_DOUBLE_EQ(catalog.massless.largest_other, 3e4);
  auto const other = read_halo_catalog(comm, {file.path()}, {MassDefinition::m200m, 1e3});
  EXPECT_EQ(gathered(comm, other).size(), 3U);
  EXPECT_EQ(other.massless.n, 0);
}

TEST(HaloCatalog, RefusesAListOfTreesWhoseScaleFactorIsNoNumber) {
  auto const comm = Comm::world();
  auto const list = [](std::string const& scale) {
    return "#scale(0) id(1) pid(2) x(3) y(4) z(5) vx(6) vy(7) vz(8) M200c(9)\n"
           "#Full box size = 50.000000 Mpc/h\n" +
           scale + " 7 -1 1 2 3 0 0 0 1e14\n0.5 8 -1 4 5 6 0 0 0 2e14\n";
  };
  TemporaryFile const good(comm, list("0.5"));
  EXPECT_EQ(read_halo_catalog(comm, {good.path()}, {}).header.a, 0.5);
  for (auto const& [scale, words] :
       {std::pair("a", ":3: column scale is 'a', not a number: 'a 7 -1"),
        std::pair("0,5", ":3: column scale is '0,5', not a number (write 1.5, not 1,5)"),
        std::pair("nan", ":3: column scale is not a finite number"),
        std::pair("0", ":3: the scale factor (column scale) is 0")}) {
    auto const text = refusal(comm, list(scale), ExitCode::bad_data);
    EXPECT_NE(text.find(words), std::string::npos) << text;
  }
}

TEST(HaloCatalog, RefusesALineOfTheHeaderWithoutItsNumber) {
  auto const comm = Comm::world();
  for (auto const& [good, bad] :
       {std::pair("a = 0.500000", "a = zero"), std::pair("Ol = 0.691100", "Ol = 0,691100"),
        std::pair("h = 0.677400", "h ="), std::pair("size: 50.000000", "size: ?")}) {
    std::string text = header + row(1, 1e14, 10, -1);
    text.replace(text.find(good), std::string(good).size(), bad);
    auto const said = refusal(comm, text, ExitCode::bad_data);
    EXPECT_NE(said.find("gives no number behind"), std::string::npos) << said;
    EXPECT_NE(said.find(bad), std::string::npos) << said;
  }
}

TEST(HaloCatalog, AcceptsALastLineWithoutNewlineAndCarriageReturns) {
  auto const comm = Comm::world();
  std::string head = header;
  head.erase(head.find("#Rockstar"));  // whose lists end every line
  std::string content = head + row(1, 1e13, 1, -1) + row(2, 1e13, 1, -1);
  content.pop_back();
  content.insert(content.size() - row(2, 1e13, 1, -1).size(), "\r");
  TemporaryFile const file(comm, content);
  EXPECT_EQ(
      gathered(comm, read_halo_catalog(comm, {file.path()}, {MassDefinition::m200c, 0})).size(),
      2u);
}

TEST(HaloCatalog, RefusesAListThatEndsWithinALine) {
  auto content = header + row(1, 1e13, 1, -1) + row(2, 1e13, 1, 12);
  content.resize(content.size() - 2);  // the parent 12 becomes 1
  auto const text = refusal(Comm::world(), content, ExitCode::bad_data);
  EXPECT_NE(text.find("ends within a line"), std::string::npos) << text;
}

TEST(HaloCatalog, ReadsWhatOtherProgramsWrite) {
  auto const comm = Comm::world();
  auto const halos_of = [&](std::string const& content) {
    TemporaryFile const file(comm, content);
    return gathered(comm, read_halo_catalog(comm, {file.path()}, {MassDefinition::m200c, 0}));
  };
  auto const plain = halos_of(header + row(1, 1e13, 1, -1));
  ASSERT_EQ(plain.size(), 1U);
  auto const same = [&](std::string const& content) {
    auto const halos = halos_of(content);
    ASSERT_EQ(halos.size(), 1U);
    EXPECT_EQ(halos[0].mass, plain[0].mass);
    EXPECT_EQ(halos[0].position, plain[0].position);
    EXPECT_EQ(halos[0].velocity, plain[0].velocity);
  };
  same("\xEF\xBB\xBF" + (header + row(1, 1e13, 1, -1)));
  same("#by a script\n" + (header + row(1, 1e13, 1, -1)));
  auto plus = row(1, 1e13, 1, -1);
  plus.replace(plus.find(" 10 -20"), 3, " +1.0E+01");
  same(header + plus);
}

TEST(HaloCatalog, TakesColumnsInAnyOrderByTheirNames) {
  auto const comm = Comm::world();
  std::string const text = header, row_of_one = row(1, 1e13, 1, -1);
  auto const reversed = [](std::string const& line) {
    auto fields = words(line);
    std::reverse(fields.begin(), fields.end());
    return join(fields, " ") + "\n";
  };
  auto const end = text.find('\n');
  TemporaryFile const plain(comm, text + row_of_one);
  TemporaryFile const turned(
      comm, "#" + reversed(text.substr(1, end)) + text.substr(end + 1) + reversed(row_of_one));
  auto const expected =
      gathered(comm, read_halo_catalog(comm, {plain.path()}, {MassDefinition::m200c, 0}));
  auto const found =
      gathered(comm, read_halo_catalog(comm, {turned.path()}, {MassDefinition::m200c, 0}));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].id, expected[0].id);
  EXPECT_EQ(found[0].mass, expected[0].mass);
  EXPECT_EQ(found[0].position, expected[0].position);
  EXPECT_EQ(found[0].velocity, expected[0].velocity);
}

TEST(HaloCatalog, RefusesASecondLineOfNamesWithAnotherOrder) {
  Comm const comm = Comm::world();
  std::string swapped = header;
  swapped.replace(swapped.find("X Y Z"), 5, "Z Y X");
  auto const second = row(2, 2e14, 3.5, -1);
  auto const text =
      refusal(comm, header + row(1, 1e14, 2.5, -1) + swapped + second, ExitCode::bad_data);
  EXPECT_NE(text.find(":7: a second line of names"), std::string::npos) << text;
  // The same names again, and comments that only look like names, are none of our business.
  TemporaryFile const joined(
      comm, header + row(1, 1e14, 2.5, -1) + header + "#X Y Z in Mpc/h\n#a = 0.500001\n" + second);
  EXPECT_EQ(read_halo_catalog(comm, {joined.path()}, {}).n_rows, 2);
}

TEST(HaloCatalog, NamesTheCauseWhereTextIsNotWhatItSeems) {
  Comm const comm = Comm::world();
  auto const list = header + row(1, 1e14, 2.5, -1);
  auto const refused = [&](std::string const& text, std::string const& says) {
    auto const found = refusal(comm, text, ExitCode::bad_data);
    EXPECT_NE(found.find(says), std::string::npos) << found;
  };
  auto cr = list;
  std::replace(cr.begin(), cr.end(), '\n', '\r');
  refused(cr, "its lines end in CR alone");
  auto comma = list;
  comma.replace(comma.find("300.5"), 5, "1,5e2");
  comma.replace(comma.find("0.308900"), 8, "0,308900");
  comma.replace(comma.find(" 2.5 "), 5, " 2,5 ");
  refused(comma, "(write 1.5, not 1,5)");
  auto zero = list;
  zero.replace(zero.find(" 2.5 "), 5, std::string(" 2\0005 ", 5));
  refused(zero, "is '2\\05', not a number: '1 -1");
  refused("BZh91AY" + list, "is compressed with bzip2");
  refused("\xFF\xFE#" + list, "UTF-16");
  refused("\xFD\x37zXZ" + list, "is compressed with xz");
  TemporaryFile const blank(comm, "\n  \n" + list);
  auto const catalog = read_halo_catalog(comm, {blank.path()}, {});
  EXPECT_EQ(catalog.n_rows, 1);
  EXPECT_EQ(catalog.header.a, 0.5);
}

TEST(HaloCatalog, ADamagedArchiveIsNamed) {
  Comm const comm = Comm::world();
  std::string const list = header + row(1, 1e14, 2.5, -1);
  std::string packed(4096, '\0');
  z_stream stream{};
  constexpr int with_gzip_header = 15 + 16;
  ASSERT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, with_gzip_header, 8, Z_DEFAULT_STRATEGY), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(list.data()));
  stream.avail_in = static_cast<unsigned>(list.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<unsigned>(packed.size());
  ASSERT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  TemporaryFile const whole(comm, packed);
  EXPECT_EQ(read_halo_catalog(comm, {whole.path()}, {}).n_rows, 1);
  auto const short_of_end = refusal(comm, packed.substr(0, packed.size() / 2), ExitCode::bad_data);
  EXPECT_NE(short_of_end.find("the file ends too early"), std::string::npos) << short_of_end;
  packed[packed.size() - 8] ^= 1;  // of the check sum
  auto const damaged = refusal(comm, packed, ExitCode::bad_data);
  EXPECT_NE(damaged.find("cannot unpack"), std::string::npos) << damaged;
}

TEST(HaloCatalog, RefusesUnitsThatTheFileItselfDenies) {
  auto const text =
      refusal(Comm::world(), header + std::string("#Units: Masses in Msun\n") + row(1, 1e13, 1, -1),
              ExitCode::bad_data);
  EXPECT_NE(text.find("Masses in Msun (setsz reads Rockstar's own units: Msun/h)"),
            std::string::npos)
      << text;
}

TEST(HaloCatalog, NamesFileLineColumnAndTextOfAMalformedRow) {
  auto const comm = Comm::world();
  auto const good = row(1, 1e13, 1, -1);
  auto bad = row(2, 1e13, 1, -1);
  bad.replace(bad.find("300.5 1 "), 8, "300.5 1x ");
  auto const text = refusal(comm, header + good + row(3, 1e13, 1, -1) + bad, ExitCode::bad_data);
  EXPECT_NE(text.find(".list:8:"), std::string::npos) << text;
  EXPECT_NE(text.find("column X is '1x', not a number"), std::string::npos) << text;
}

TEST(HaloCatalog, RefusesWhatCannotBeTrue) {
  auto const comm = Comm::world();
  auto const expect = [&](std::string const& content, std::string const& part) {
    auto const text = refusal(comm, content, ExitCode::bad_data);
    EXPECT_NE(text.find(part), std::string::npos) << text;
  };
  expect(header + row(1, 1e13, 50.1, -1), "outside the box of 50");
  expect(header + row(1, 1e13, 10625, -1), "are the positions in kpc/h");
  expect(header + row(1, 1e13, -3, -1), "centred on 0");
  std::string twice = header;
  twice.replace(twice.find("M200b"), 5, "M200c");
  expect(twice + row(1, 1e13, 1, -1), "two columns are named M200c");
  expect(header + row(1, 1e13, 1, -1) + row(1, 2e13, 3, -1), "halo id 1 occurs twice");
  expect(header + row(1, -1e13, 1, -1), "is negative");
  expect(header + std::string("1 -1 nan 300.5 1 2 3 10 -20 30 1e12 -2e12 3e12 15.5 12 2e13 -1\n"),
         "not a finite number");
  expect(header + row(1, 1e13, 1, -1) + "2 -1 1e13\n", "has 3 columns in place of 17");
  expect(header, "no halo lines");
  expect("", "is empty");
  expect("1 2 3\n", "no line of column names");
  expect("#ID DescID Mass X Y Z\n1 -1 1e13 1 1 1\n", "no column M200c");
  expect("#ID DescID M200c X Y Z VX VY VZ gone PID\n1 -1 1e13 1 1 1 0 0 0 -1\n",
         "the header names 11 columns but the rows hold 10");
}

TEST(HaloCatalog, EndsAtTheLineOfAnAbsurdValue) {
  auto const comm = Comm::world();
  auto const refused = [&](int field, char const* value) {
    auto fields = words(row(2, 1e13, 1, -1));
    fields[static_cast<std::size_t>(field)] = value;
    return refusal(comm, header + row(1, 1e13, 1, -1) + join(fields, " ") + "\n",
                   ExitCode::bad_data);
  };
  for (auto const& text :
       {refused(2, "4e16"), refused(2, "1e300"), refused(8, "-10001"), refused(14, "20000")})
    EXPECT_NE(text.find(".list:7: halo 2 has a "), std::string::npos) << text;
  EXPECT_NE(refused(2, "4e16").find("4e+16 Msun/h, and no halo exceeds 10^16.5"),
            std::string::npos);
  auto fields = words(row(2, 1e13, 1, -1));
  fields[2] = "3e16", fields[8] = "9000";  // large, but legal
  TemporaryFile const file(comm, header + join(fields, " ") + "\n");
  EXPECT_EQ(read_halo_catalog(comm, {file.path()}, {MassDefinition::m200c, 0}).n_rows, 1);
}

TEST(HaloCatalog, WrapsRoundingAtTheEdgeOfTheBox) {
  auto const comm = Comm::world();
  TemporaryFile const file(comm, header + row(1, 1e13, 50, -1));
  auto const halos =
      gathered(comm, read_halo_catalog(comm, {file.path()}, {MassDefinition::m200c, 0}));
  EXPECT_EQ(halos.at(0).position.x, 0);
}

TEST(HaloCatalog, MissingFileIsMissingInput) {
  auto const comm = Comm::world();
  try {
    read_halo_catalog(comm, {"no/such.list"}, {MassDefinition::m200c, 0});
    FAIL();
  } catch (CollectiveError const& error) {
    EXPECT_EQ(error.code(), ExitCode::missing_input);
  }
}

class RealCatalogs : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(shared_data)) GTEST_SKIP() << "no " << shared_data;
  }
  static std::int64_t hosts(Comm const& comm, HaloCatalog const& catalog) {
    auto const& halos = catalog.halos;
    return comm.all_sum(std::count_if(halos.begin(), halos.end(),
                                      [](Halo const& halo) { return halo.parent_id == -1; }));
  }
};

// Numbers of hosts: README of the data.
TEST_F(RealCatalogs, HoldTheKnownNumbersOfHosts) {
  auto const comm = Comm::world();
  for (auto const& [file, n_hosts] : std::vector<std::pair<std::string, std::int64_t>>{
           {"box50_a/rockstar/snap_099/out_0_wparents.list", 50},
           {"box50_a/rockstar/snap_099/out_0_allcols_pid.list", 50},
           {"box75_a/rockstar/snap_099/out_0_wparents.list", 141},
           {"box75_a/rockstar/snap_099/out_0_allcols_pid.list", 141},
           {"box75_a/rockstar/snap_067/out_0_wparents.list", 114}}) {
    auto const catalog =
        read_halo_catalog(comm, {concat(shared_data, "/", file)}, {MassDefinition::m200c, 1000});
    EXPECT_EQ(hosts(comm, catalog), n_hosts) << file;
  }
}

// The header of this real file names 41 columns, its rows hold 34.
TEST_F(RealCatalogs, NamesThatFindParentsLeavesBehindShiftNothing) {
  auto const comm = Comm::world();
  std::string const folder = shared_data + "/box50_a/rockstar/snap_099/";
  auto const trap =
      read_halo_catalog(comm, {folder + "out_0_wparents.list"}, {MassDefinition::m200c, 100});
  EXPECT_EQ(trap.header.n_leftover_names, 7U);
  auto const trapped = gathered(comm, trap);
  auto const whole = gathered(comm, read_halo_catalog(comm, {folder + "out_0_allcols_pid.list"},
                                                      {MassDefinition::m200c, 100}));
  ASSERT_EQ(trapped.size(), whole.size());
  for (std::size_t i = 0; i < whole.size(); ++i) {
    EXPECT_EQ(trapped[i].id, whole[i].id);
    EXPECT_EQ(trapped[i].parent_id, whole[i].parent_id);
    EXPECT_NEAR(trapped[i].mass / whole[i].mass, 1, 6e-4);  // printed with four digits
    EXPECT_NEAR(trapped[i].voff_kms, whole[i].voff_kms, 0.01);
  }

  // The same file from a finder that is not known to do this.
  std::ifstream in(folder + "out_0_wparents.list");
  std::string content{std::istreambuf_iterator<char>(in), {}};
  auto const version = content.find("0.99.9-RC3");
  ASSERT_NE(version, std::string::npos);
  content.replace(version, 10, "0.99.9-RC9");
  auto const text = refusal(comm, content, ExitCode::bad_data);
  for (auto const* part : {"the header names 41 columns but the rows hold 34", "find_parents",
                           "use the list with all columns, or correct the first line"})
    EXPECT_NE(text.find(part), std::string::npos) << text;
}

TEST_F(RealCatalogs, HoldBoundMassesAndThoseOfAllParticles) {
  auto const comm = Comm::world();
  std::string const folder = shared_data + "/box75_a/rockstar/snap_099/";
  for (std::string const name : {"out_0_wparents.list", "halos_099.*.ascii"}) {
    auto const files = find_numbered_files(folder + name);
    std::vector<double> ratios;
    for (auto const& halo :
         gathered(comm, read_halo_catalog(comm, files, {MassDefinition::m200c, 1000}))) {
      ASSERT_GT(halo.mass_all, 0) << name;
      ratios.push_back(halo.mass / halo.mass_all);  // far below 1 for subhaloes
    }
    std::sort(ratios.begin(), ratios.end());
    EXPECT_NEAR(ratios[ratios.size() / 2], 1, 1e-3) << name;
    EXPECT_LT(ratios.back(), 1.001) << name;  // printed with four digits
    auto const other = read_halo_catalog(comm, files, {MassDefinition::vir, 1000});
    for (auto const& halo : other.halos) EXPECT_EQ(halo.mass_all, -1);
  }
}

TEST_F(RealCatalogs, AListWithoutParentsSaysSo) {
  auto const comm = Comm::world();
  std::string const folder = shared_data + "/box50_a/rockstar/snap_099/";
  for (bool const with : {false, true}) {
    auto const list = folder + (with ? "out_0_wparents.list" : "out_0.list");
    EXPECT_EQ(read_halo_catalog(comm, {list}, {MassDefinition::m200c, 1000}).header.has_parents,
              with);
  }
}

TEST_F(RealCatalogs, APartOfASetIsRefused) {
  auto const comm = Comm::world();
  std::string const folder = shared_data + "/box75_a/rockstar/snap_099/";
  std::string text;
  try {
    read_halo_catalog(comm, {folder + "halos_099.0.ascii", folder + "halos_099.1.ascii"},
                      {MassDefinition::m200c, 5000});
  } catch (CollectiveError const& error) {
    text = error.what();
  }
  EXPECT_NE(text.find("% of the box (their lines #Bounds)"), std::string::npos) << text;
}

TEST_F(RealCatalogs, AsciiFilesHoldTheSameHalosAsTheList) {
  auto const comm = Comm::world();
  std::string const folder = shared_data + "/box75_a/rockstar/snap_099/";
  std::vector<std::string> files;
  files.reserve(8);
  for (int i = 0; i < 8; ++i) files.push_back(concat(folder, "halos_099.", i, ".ascii"));
  auto const ascii = gathered(comm, read_halo_catalog(comm, files, {MassDefinition::m200c, 5000}));
  auto const list = gathered(comm, read_halo_catalog(comm, {folder + "out_0_allcols_pid.list"},
                                                     {MassDefinition::m200c, 5000}));
  // Ids differ between the two kinds of file: halos are matched by place.
  ASSERT_EQ(ascii.size(), list.size());
  for (auto const& halo : list) {
    EXPECT_TRUE(std::any_of(ascii.begin(), ascii.end(), [&](Halo const& other) {
      return norm(other.position - halo.position) < 1 &&
             std::abs(other.mass / halo.mass - 1) < 1e-3;
    })) << halo.id;
  }
}

}  // namespace
}  // namespace setsz
