// SPDX-License-Identifier: BSD-3-Clause
// Binary GADGET files of all variants, written here number by number; damaged ones are refused.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "io/snapshot.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/units.hpp"
#include "tests/fixtures/scratch.hpp"

namespace setsz {
namespace {

using test::contains;
using test::error_of;

/// What a file is like; each combination is one that somebody has on disk.
struct Variant {
  bool labels = false, swapped = false, twice = false, wide_ids = false, gadget4_header = false;
  double length_ckpch = 1;  ///< of one number in the file
};

/// Writes numbers in either byte order, and records around them.
class Bytes {
 public:
  explicit Bytes(Variant const& variant) : variant_(variant) {}
  template <class T>
  static void put(std::string& to, T value, bool swapped) {
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    if (swapped) std::reverse(bytes, bytes + sizeof value);
    to.append(bytes, sizeof value);
  }
  template <class T>
  void number(T value) {
    put(record_, value, variant_.swapped);
  }
  void real(double value) {
    if (variant_.twice)
      number(value);
    else
      number(single(value));
  }
  void end(std::string const& label) {
    auto const framed = [&](std::string const& content) {
      auto const n = static_cast<std::uint32_t>(content.size());
      put(file_, n, variant_.swapped);
      file_ += content;
      put(file_, n, variant_.swapped);
    };
    if (variant_.labels) {
      std::string mark = label;
      put(mark, static_cast<std::uint32_t>(record_.size() + 8), variant_.swapped);
      framed(mark);
    }
    framed(record_);
    record_.clear();
  }
  std::string file_;

 private:
  Variant variant_;
  std::string record_;
};

constexpr std::int64_t n_gas = 3, n_dark = 5;
constexpr double a = 0.5, box = 8000, mean_density = 0.3 * units::rho_crit_0;

/// Particles on multiples of 125 ckpc/h, which float32 holds in Mpc, too.
double coordinate(std::int64_t i, std::int64_t d) { return 125.0 * real((7 * i + 3 * d) % 60 + 2); }
double speed(std::int64_t i, std::int64_t d) { return 16.0 * real((5 * i + d) % 9) - 32; }
std::uint64_t id_of(std::int64_t i) { return static_cast<std::uint64_t>(100 + 3 * i); }
double dark_mass() { return mean_density * box * box * box / real(n_dark); }

std::string file_of(Variant const& v) {
  Bytes out(v);
  std::int64_t const n[6]{n_gas, n_dark, 0, 0, 0, 0};
  double const mass[6]{0, dark_mass(), 0, 0, 0, 0};
  if (v.gadget4_header) {
    for (auto const x : n) out.number(x);
    for (auto const x : n) out.number(x);
    for (auto const x : mass) out.number(x);
    for (double const x : {a, 1 / a - 1, box / v.length_ckpch}) out.number(x);
    out.number(std::int32_t{1}), out.number(std::int32_t{0});
    out.number(std::int64_t{0}), out.number(std::int64_t{0});
  } else {
    for (auto const x : n) out.number(static_cast<std::int32_t>(x));
    for (auto const x : mass) out.number(x);
    out.number(a), out.number(1 / a - 1);
    out.number(std::int32_t{0}), out.number(std::int32_t{0});
    for (auto const x : n) out.number(static_cast<std::uint32_t>(x));
    out.number(std::int32_t{0}), out.number(std::int32_t{1});
    for (double const x : {box / v.length_ckpch, 0.3, 0.7, 0.7}) out.number(x);
    for (int i = 0; i < 2; ++i) out.number(std::int32_t{0});
    for (int i = 0; i < 6; ++i) out.number(std::uint32_t{77});  // nonsense, as some codes leave it
    for (int i = 0; i < 16; ++i) out.number(std::int32_t{0});
  }
  out.end("HEAD");
  for (std::int64_t i = 0; i < n_gas + n_dark; ++i)
    for (std::int64_t d = 0; d < 3; ++d) out.real(coordinate(i, d) / v.length_ckpch);
  out.end("POS ");
  for (std::int64_t i = 0; i < n_gas + n_dark; ++i)
    for (std::int64_t d = 0; d < 3; ++d) out.real(speed(i, d));
  out.end("VEL ");
  for (std::int64_t i = 0; i < n_gas + n_dark; ++i) {
    if (v.wide_ids)
      out.number(id_of(i));
    else
      out.number(static_cast<std::uint32_t>(id_of(i)));
  }
  out.end("ID  ");
  for (std::int64_t i = 0; i < n_gas; ++i) out.real(1 + real(i));
  out.end("MASS");
  for (std::int64_t i = 0; i < n_gas; ++i) out.real(1000 * (1 + real(i)));
  out.end("U   ");
  double const cube = std::pow(v.length_ckpch, 3);
  for (std::int64_t i = 0; i < n_gas; ++i) out.real((2 + real(i)) / 1024 / 1024 * cube);
  out.end("RHO ");
  for (std::int64_t i = 0; i < n_gas; ++i) out.real((10 + real(i)) / v.length_ckpch);
  out.end("HSML");
  return out.file_;
}

class GadgetBinary : public testing::Test {
 protected:
  test::Scratch const scratch_{Comm::self()};
  std::string write(std::string const& bytes, std::string const& name = "snapshot_007") const {
    test::write_bytes(scratch_ / name, bytes);
    return scratch_ / name;
  }
};

std::vector<Variant> variants() {
  std::vector<Variant> all;
  for (int bits = 0; bits < 64; ++bits)
    all.push_back({(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0,
                   (bits & 16) != 0, (bits & 32) != 0 ? 1000.0 : 1.0});
  return all;
}

TEST_F(GadgetBinary, EveryVariantHoldsTheSameParticles) {
  int number = 0;
  for (auto const& variant : variants()) {
    SCOPED_TRACE(number++);
    auto const path = write(file_of(variant));
    Snapshot const dark({path}, Snapshot::Kind::dark_matter);
    EXPECT_EQ(dark.format_name(), "GADGET binary");
    EXPECT_NEAR(dark.header().box_ckpch, box, 1e-9);
    EXPECT_EQ(dark.header().a, a);
    EXPECT_EQ(dark.header().cosmology.omega_m, variant.gadget4_header ? 0 : 0.3);
    ASSERT_EQ(dark.n_rows(), n_dark);
    auto const rows = dark.read_dark_matter({0, n_dark});
    for (std::int64_t i = 0; i < n_dark; ++i) {
      EXPECT_EQ(rows.id[i], id_of(n_gas + i));
      EXPECT_EQ(rows.mass[i], dark_mass());
      for (std::size_t d = 0; d < 3; ++d) {
        auto const axis = static_cast<std::int64_t>(d);
        EXPECT_NEAR(rows.position[i][d], coordinate(n_gas + i, axis), 1e-9);
        EXPECT_NEAR(rows.velocity[i][d], std::sqrt(a) * speed(n_gas + i, axis), 1e-9);
      }
    }
    Snapshot const gas({path}, Snapshot::Kind::gas);
    auto const cells = gas.read_gas({0, n_gas});
    for (std::int64_t i = 0; i < n_gas; ++i) {
      EXPECT_EQ(cells.mass[i], 1 + real(i));
      EXPECT_NEAR(cells.density[i] * 1024 * 1024 / (2 + real(i)), 1, 1e-6);
      EXPECT_NEAR(cells.smoothing_length[i] / (10 + real(i)), 1, 1e-6);
      double const expected = 2.0 / 3 * cells.density[i] * 1000 * (1 + real(i)) *
                              units::electron_pressure_fraction_ionised;
      EXPECT_NEAR(cells.electron_pressure[i] / expected, 1, 1e-6);
    }
  }
}

TEST_F(GadgetBinary, AFileCutAtAnyByteIsRefused) {
  auto const whole = file_of({});
  for (std::size_t length = 300; length + 1 < whole.size(); length += 7) {
    auto const path = write(whole.substr(0, length));
    auto const text = error_of([&] {
      Snapshot const gas({path}, Snapshot::Kind::gas);
      gas.read_gas({0, n_gas});
      FAIL() << "accepted " << length << " of " << whole.size();
    });
    ASSERT_EQ(text.substr(0, 3), "65 ") << text;
  }
}

TEST_F(GadgetBinary, ASingleFileHoldsWhatItsTotalsSay) {
  constexpr std::size_t total_of_dark = 4 + 96 + 4;
  auto bytes = file_of({});
  auto const with_total = [&](std::uint32_t total) {
    std::memcpy(bytes.data() + total_of_dark, &total, sizeof total);
    auto const path = write(bytes);
    return error_of([&] { Snapshot({path}, Snapshot::Kind::dark_matter); });
  };
  EXPECT_EQ(with_total(n_dark), "no error");
  EXPECT_EQ(with_total(0), "no error") << "as some converters leave it";
  EXPECT_TRUE(
      contains(with_total(99999), "hold 5 particles of type 1, their NumPart_Total says 99999"));
}

/// Found by libFuzzer: the length of the header, as a file of SnapFormat 2 states it.
TEST_F(GadgetBinary, AHeaderOfFourGigabytesIsRefusedBeforeMemoryIsTaken) {
  std::string bytes("\x08\0\0\0HEAD\x08\x01\0\0\x08\0\0\0", 16);
  auto const path = write(bytes + std::string(272, '\xf3'));
  rlimit before{}, little{};
  getrlimit(RLIMIT_AS, &before);
  little = before;
  little.rlim_cur = rlim_t{3} << 30;
  setrlimit(RLIMIT_AS, &little);
  auto const text = error_of([&] { Snapshot({path}, Snapshot::Kind::gas); });
  setrlimit(RLIMIT_AS, &before);
  EXPECT_TRUE(test::contains(text, "65 "));
  EXPECT_TRUE(test::contains(text, "the header has 4092851187 bytes (expected 256"));
}

}  // namespace
}  // namespace setsz
