// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/central_band.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "pipeline/base/random.hpp"

namespace setsz {
namespace {

TEST(CentralBand, HoldsAnotherSampleAsOftenAsItSays) {
  for (std::int64_t const n : {9, 60})
    for (double const held : {0.68, 0.5}) {
      double inside = 0;
      constexpr std::int64_t n_trials = 20000;
      for (std::int64_t t = 0; t < n_trials; ++t) {
        Random random(1, Purpose::test, static_cast<std::uint64_t>(t));
        std::vector<double> samples;
        for (std::int64_t i = 0; i < n; ++i) samples.push_back(random.uniform());
        inside += central_band(samples, held).holds(random.uniform());
      }
      EXPECT_NEAR(inside / n_trials, held, 0.012) << n;
    }
}

}  // namespace
}  // namespace setsz
