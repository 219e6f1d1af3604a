// SPDX-License-Identifier: BSD-3-Clause
// halos_N.*.bin against the list and the ascii files of the same run of Rockstar.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "io/halo_catalog.hpp"
#include "tests/fixtures/scratch.hpp"

namespace setsz {
namespace {

using test::contains;

std::string const data = SETSZ_SHARED_DATA + std::string("/formats/rockstar_200c/");

class RockstarBinary : public testing::Test {
 protected:
  Comm const comm_ = Comm::world();
  test::Scratch const scratch_{comm_};

  void SetUp() override {
    if (!std::filesystem::exists(data)) GTEST_SKIP() << "no data in " << data;
  }
  std::vector<Halo> sorted(std::vector<std::string> const& files) const {
    auto all = comm_.all_gather_v(read_halo_catalog(comm_, files, {}).halos);
    std::sort(all.begin(), all.end(), [](auto const& a, auto const& b) { return a.id < b.id; });
    return all;
  }
  static std::vector<std::string> set() {
    std::vector<std::string> files;
    for (int i = 0; i < 8; ++i) files.push_back(concat(data, "halos_007.", i, ".bin"));
    return files;
  }
  /// What is said of the first file with other bytes.
  std::string refusal(std::string bytes) const {
    if (comm_.is_root()) test::write_bytes(scratch_ / "h.bin", bytes);
    comm_.barrier();
    return test::error_of([&] { read_halo_catalog(comm_, {scratch_ / "h.bin"}, {}); });
  }
};

TEST_F(RockstarBinary, HasTheHaloesOfTheList) {
  auto const binary = sorted(set()), list = sorted({data + "out_7.list"});
  ASSERT_EQ(binary.size(), 126U);
  ASSERT_EQ(list.size(), 126U);
  for (std::size_t i = 0; i < list.size(); ++i) {
    auto const &b = binary[i], &l = list[i];
    ASSERT_EQ(b.id, l.id);
    EXPECT_NEAR(b.mass / l.mass, 1, 1e-4);  // the list has 5 digits
    EXPECT_NEAR(norm(b.position - l.position), 0, 0.01);
    EXPECT_NEAR(norm(b.velocity - l.velocity), 0, 0.01);
    EXPECT_NEAR(norm(b.angular_momentum - l.angular_momentum), 0,
                2e-3 * norm(l.angular_momentum));  // 4 digits
    EXPECT_NEAR(b.xoff_ckpch, l.xoff_ckpch, 1e-4);
    EXPECT_NEAR(b.voff_kms, l.voff_kms, 0.01);
    EXPECT_NEAR(b.radius_ckpch, l.radius_ckpch, 1e-3);
    EXPECT_NEAR(b.dispersion_kms, l.dispersion_kms, 0.01);
    EXPECT_NEAR(b.mass_all / l.mass_all, 1, 1e-4);
  }
}

TEST_F(RockstarBinary, KnowsItsHeaderAndNeedsTheWholeSet) {
  auto const catalog = read_halo_catalog(comm_, set(), {});
  EXPECT_EQ(catalog.header.box_mpch, 40);
  EXPECT_NEAR(*catalog.header.h, 0.6774, 1e-6);
  EXPECT_EQ(catalog.header.a, 1);
  EXPECT_NEAR(*catalog.header.particle_mass, 16.74064, 1e-4);
  EXPECT_EQ(catalog.header.finder_version, "0.99.9-RC3");
  EXPECT_FALSE(catalog.header.has_parents);
  auto part = set();
  part.pop_back();
  EXPECT_TRUE(contains(test::error_of([&] { read_halo_catalog(comm_, part, {}); }),
                       "% of the box (their lines #Bounds)"));
}

TEST_F(RockstarBinary, KnowsItsMassByTheRadii) {
  CatalogRequest request;
  request.definition = MassDefinition::m500c;
  EXPECT_TRUE(contains(test::error_of([&] { read_halo_catalog(comm_, set(), request); }),
                       "has masses of M200c by its radii, and [catalog] mass_definition is 500c"));
}

TEST_F(RockstarBinary, RefusesWhatIsDamaged) {
  auto const good = test::file_bytes(set().front());
  EXPECT_TRUE(contains(refusal(good.substr(0, 200)), "has 200 bytes, less than the head"));
  EXPECT_TRUE(contains(refusal(good.substr(0, good.size() - 8)), "which is not 256 + 19 haloes"));
  auto const with = [&](std::size_t at, auto value) {
    auto bytes = good;
    std::memcpy(bytes.data() + at, &value, sizeof value);
    return refusal(bytes);
  };
  EXPECT_TRUE(contains(with(64, std::int64_t{1} << 60), "which is not 256 + 1152921504606846976"));
  EXPECT_TRUE(contains(with(96, std::int32_t{2}), "has the format revision 2"));
  EXPECT_TRUE(contains(with(256 + 264 + 8, 44.0F), "(row 1) has a coordinate of 44000 ckpc/h"));
  EXPECT_TRUE(contains(with(256 + 72, std::numeric_limits<float>::quiet_NaN()),
                       "has a value that no halo has"));
  EXPECT_TRUE(contains(with(256 + 72, 1e30F), "and no halo exceeds 10^16.5"));
}

}  // namespace
}  // namespace setsz
