// SPDX-License-Identifier: BSD-3-Clause
#include "stages/fit/few_for_many.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"

namespace setsz {
namespace {

std::vector<WeightedValue> terms(std::int64_t n, double spread) {
  std::vector<WeightedValue> terms;
  Random random(static_cast<std::uint64_t>(n), Purpose::test);
  for (std::int64_t i = 0; i < n; ++i)
    terms.push_back({-1 + spread * random.uniform(), std::exp(2 * random.normal())});
  return terms;
}

template <class Function>
double sum_of(std::vector<WeightedValue> const& terms, Function f) {
  double sum = 0;
  for (auto const& [value, weight] : terms) sum += weight * f(value);
  return sum;
}

TEST(FewForMany, SumsOfSmoothFunctionsAreThoseOfAll) {
  for (double const spread : {1e-5, 0.01, 0.3, 3.0}) {
    auto const all = terms(20000, spread);
    auto const few = few_for_many(all, 0.2);
    EXPECT_LE(few.size(), std::size_t{5} * static_cast<std::size_t>(spread / 0.2 + 2)) << spread;
    for (double const slope : {0.0, 0.3, -1.0, 4.0}) {
      auto const f = [&](double x) { return std::exp(slope * x); };
      EXPECT_NEAR(sum_of(few, f) / sum_of(all, f), 1, 1e-12) << spread << " " << slope;
    }
    auto const profile = [](double x) {
      return std::pow(0.3 / std::exp(-0.2 * x), -0.3) / std::pow(1 + 0.6 * std::exp(0.2 * x), 7);
    };
    EXPECT_NEAR(sum_of(few, profile) / sum_of(all, profile), 1, 1e-12) << spread;
    for (auto const& term : few) EXPECT_GT(term.weight, 0);
  }
}

TEST(FewForMany, APolynomialOfDegreeNineIsSummedExactlyAndOneOfDegreeTenIsNot) {
  auto const all = terms(1000, 1.9);  // cells of 2 from -2 and from 0 on
  auto const few = few_for_many(all, 2);
  EXPECT_EQ(few.size(), 10U);
  auto const power = [](int n) { return [n](double x) { return std::pow(x + 0.05, n); }; };
  for (int n = 0; n < 10; ++n)
    EXPECT_NEAR(sum_of(few, power(n)), sum_of(all, power(n)), 1e-11 * sum_of(all, power(0))) << n;
  EXPECT_GT(std::abs(sum_of(few, power(10)) - sum_of(all, power(10))),
            1e-7 * sum_of(all, power(0)));
}

TEST(FewForMany, FewStayAsTheyAre) {
  std::vector<WeightedValue> const few{{0.11, 1}, {0.12, 3}, {0.13, 2}, {0.19, 1}, {0.5, 7}};
  auto const found = few_for_many({few.rbegin(), few.rend()}, 0.2);
  ASSERT_EQ(found.size(), few.size());
  for (std::size_t i = 0; i < few.size(); ++i) {
    EXPECT_EQ(found[i].value, few[i].value);
    EXPECT_EQ(found[i].weight, few[i].weight);
  }
  EXPECT_TRUE(few_for_many({}, 0.2).empty());
}

TEST(FewForMany, EqualValuesAreOne) {
  auto const few = few_for_many(std::vector<WeightedValue>(1000, {0.37, 2}), 0.2);
  ASSERT_EQ(few.size(), 1U);
  EXPECT_NEAR(few[0].value, 0.37, 1e-15);
  EXPECT_NEAR(few[0].weight, 2000, 1e-9);
}

}  // namespace
}  // namespace setsz
