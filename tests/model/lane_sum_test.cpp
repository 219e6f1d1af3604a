// SPDX-License-Identifier: BSD-3-Clause
#include "model/lane_sum.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"

namespace setsz {
namespace {

constexpr std::int64_t n_parameters = 5001;  // of no number of ranks a multiple

std::vector<float> gradient_of(std::int64_t lane, std::uint64_t seed) {
  Random random(seed, Purpose::test, static_cast<std::uint64_t>(lane));
  std::vector<float> gradient(n_parameters);
  for (float& g : gradient) g = single(random.normal() * std::pow(10, 6 * random.uniform()));
  return gradient;
}

/// Slow and obvious: lane by lane in double, each with what was added to it.
std::vector<float> sum_of_all(std::int64_t n_lanes) {
  std::vector<double> total(n_parameters, 0);
  for (std::int64_t lane = 0; lane < n_lanes; ++lane) {
    auto const put = gradient_of(lane, 1), added = gradient_of(lane, 2);
    for (std::size_t i = 0; i < total.size(); ++i) total[i] += real(put[i] + added[i]);
  }
  std::vector<float> sum;
  for (double const t : total) sum.push_back(single(t));
  return sum;
}

/// A step in which the rank has the lanes of a range.
std::vector<float> sum_of_step(LaneSum& sum, Range own) {
  sum.begin(own.size());
  EXPECT_EQ(sum.own_lanes().first, own.first);
  EXPECT_EQ(sum.own_lanes().last, own.last);
  for (auto lane = own.first; lane < own.last; ++lane) {
    sum.put_gradient(lane, gradient_of(lane, 1));
    sum.add_gradient(lane, gradient_of(lane, 2));
  }
  std::vector<float> result(n_parameters);
  sum.sum_gradients(result);
  return result;
}

TEST(LaneSum, AddsTheLanesInTheirOrderHoweverRanksShareThem) {
  auto const world = Comm::world();
  LaneSum sum(world, n_parameters);
  for (std::int64_t const n : {12, 1, 7, 16}) {  // steps differ in their lanes
    auto const expected = sum_of_all(n);
    EXPECT_EQ(sum_of_step(sum, even_range(n, world.rank(), world.size())), expected) << n;
    bool const last = world.rank() == world.size() - 1;  // has all of them
    EXPECT_EQ(sum_of_step(sum, {0, last ? n : 0}), expected) << n;
  }
}

TEST(LaneSum, GathersInTheOrderOfTheLanes) {
  auto const world = Comm::world();
  LaneSum sum(world, n_parameters);
  auto const own = even_range(7, world.rank(), world.size());
  sum.begin(own.size());
  std::vector<double> values, pairs;
  for (auto lane = own.first; lane < own.last; ++lane) {
    values.push_back(real(lane));
    pairs.insert(pairs.end(), {real(lane), -real(lane)});
  }
  EXPECT_EQ(sum.gather(values), (std::vector<double>{0, 1, 2, 3, 4, 5, 6}));
  auto const all = sum.gather(pairs, 2);
  ASSERT_EQ(all.size(), 14U);
  EXPECT_EQ(all[13], -6);
}

}  // namespace
}  // namespace setsz
