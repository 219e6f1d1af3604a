// SPDX-License-Identifier: BSD-3-Clause
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"
#include "stages/paint/column_sums_work.hpp"
#include "stages/paint/grid_spectrum_work.hpp"

namespace setsz {
namespace {

double value_at(std::int64_t cell, std::uint64_t field) {
  return Random(9, Purpose::test, static_cast<std::uint64_t>(cell), 0).uniform() +
         0.5 * Random(9, Purpose::test, static_cast<std::uint64_t>(cell),
                      static_cast<std::uint32_t>(field))
                   .uniform();
}
std::vector<double> field(std::int64_t n, Range planes, std::uint64_t which) {
  std::vector<double> values;
  for (std::int64_t c = planes.first * n * n; c < planes.last * n * n; ++c)
    values.push_back(value_at(c, which));
  return values;
}

TEST(GridFourier, SlabsCoverTheGridInRankOrder) {
  Comm const comm = Comm::world();
  for (std::int64_t const n : {2, 4, 5, 12}) {  // 2 planes on 3 ranks: one is idle
    GridFourier const fourier(comm, n);
    EXPECT_EQ(comm.sum_before(fourier.planes().size()),
              fourier.planes().size() ? fourier.planes().first : n);
    EXPECT_EQ(comm.all_sum(fourier.planes().size()), n);
  }
}

TEST(GridFourier, AgreesWithTheSumItStandsFor) {
  Comm const comm = Comm::world();
  std::int64_t const n = 6;
  GridFourier const fourier(comm, n);
  auto const modes = fourier.transform(field(n, fourier.planes(), 1));
  auto const all = field(n, {0, n}, 1);
  std::size_t at = 0;
  for (std::int64_t p = fourier.planes().first; p < fourier.planes().last; ++p) {
    for (std::int64_t q = 0; q < n; ++q) {
      for (std::int64_t r = 0; r <= n / 2; ++r, ++at) {
        std::complex<double> sum = 0;
        for (std::int64_t c = 0; c < n * n * n; ++c) {
          auto const phase = p * (c / n / n) + q * (c / n % n) + r * (c % n);
          sum += all[c] * std::polar(1.0, -2 * std::numbers::pi * real(phase) / double(n));
        }
        EXPECT_NEAR(std::abs(modes[at] - sum), 0, 1e-10);
      }
    }
  }
}

TEST(GridSpectra, HaveTheGoldenNumbersOfOneRankOnAnyNumber) {
  Comm const comm = Comm::world(), alone = Comm::self();
  for (std::int64_t const n : {2, 10, 16}) {
    auto const spectra_on = [&](Comm const& some) {
      GridFourier const fourier(some, n);
      auto const first = fourier.transform(field(n, fourier.planes(), 1));
      auto const second = fourier.transform(field(n, fourier.planes(), 2));
      return grid_spectra(some, n, fourier.planes(), first, second);
    };
    auto const together = spectra_on(comm), single = spectra_on(alone);
    EXPECT_EQ(together.modes, single.modes);
    for (std::size_t b = 0; b < single.k.size(); ++b) {
      EXPECT_EQ(together.k[b], single.k[b]);
      EXPECT_NEAR(together.first[b] / single.first[b], 1, 1e-12);
      EXPECT_NEAR(together.second[b] / single.second[b], 1, 1e-12);
      EXPECT_NEAR((together.crossed[b] - single.crossed[b]) / single.first[b], 0, 1e-12);
    }
  }
}

TEST(GridSpectra, CountEveryModeOnceAndObeyParseval) {
  Comm const comm = Comm::world();
  std::int64_t const n = 12;
  GridFourier const fourier(comm, n);
  auto const modes = fourier.transform(field(n, fourier.planes(), 1));
  // Sum over all modes of |f|^2 = n^3 sum over cells of f^2.
  double sum = 0;
  for (std::size_t i = 0; i < modes.size(); ++i) {
    auto const l = static_cast<std::int64_t>(i) % (n / 2 + 1);
    sum += (l == 0 || 2 * l == n ? 1 : 2) * std::norm(modes[i]);
  }
  double all_modes = 0, squares = 0;
  for (double const part : comm.all_gather(sum)) all_modes += part;
  for (double const value : field(n, {0, n}, 1)) squares += value * value;
  EXPECT_NEAR(all_modes / (n * n * n * squares), 1, 1e-12);

  auto const spectra = grid_spectra(comm, n, fourier.planes(), modes, modes);
  std::int64_t counted = 0, expected = 0;
  for (auto const count : spectra.modes) counted += count;
  for (std::int64_t i = 0; i < n * n * n; ++i) {
    auto const m = [&](std::int64_t k) { return double(k <= n / 2 ? k : k - n); };
    double const k =
        std::sqrt(std::pow(m(i / n / n), 2) + std::pow(m(i / n % n), 2) + std::pow(m(i % n), 2));
    if (k > 0 && std::lround(k) <= n / 2) ++expected;
  }
  EXPECT_EQ(counted, expected);
  for (std::size_t b = 0; b < spectra.k.size(); ++b)
    EXPECT_NEAR(spectra.crossed[b] / spectra.first[b], 1, 1e-13);
}

TEST(ColumnSums, HaveTheSameBitsOnAnyNumberOfRanks) {
  Comm const comm = Comm::world();
  std::int64_t const n = 7;
  auto const sums_on = [&](Comm const& some) {
    SlabGrid grid(n, 100, GridFourier(some, n).planes());
    auto const values = field(n, grid.planes(), 1);
    std::copy(values.begin(), values.end(), grid.values().begin());
    return std::pair(column_sums(some, grid), grid.planes());
  };
  auto const [together, planes] = sums_on(comm);
  auto const [single, all] = sums_on(Comm::self());
  EXPECT_EQ(together.along_x, single.along_x);
  EXPECT_EQ(together.total, single.total);
  EXPECT_EQ(comm.all_gather_v(together.along_y), single.along_y);
  EXPECT_EQ(comm.all_gather_v(together.along_z), single.along_z);
  double total = 0;
  for (double const value : field(n, {0, n}, 1)) total += value;
  EXPECT_NEAR(single.total / total, 1, 1e-13);
  for (auto const* map : {&single.along_y, &single.along_z}) {
    double sum = 0;
    for (double const column : *map) sum += column;
    EXPECT_NEAR(sum / total, 1, 1e-13);
  }
}

}  // namespace
}  // namespace setsz
