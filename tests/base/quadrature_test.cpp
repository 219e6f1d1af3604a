// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/base/quadrature.hpp"

#include <gtest/gtest.h>

#include <boost/math/quadrature/gauss.hpp>

#include "pipeline/base/number.hpp"

namespace setsz {
namespace {

/// \param rule  on [-1, 1], all points
void expect_exact(std::vector<QuadraturePoint> const& rule) {
  // n points are exact up to degree 2n - 1.
  for (std::size_t degree = 0; degree < 2 * rule.size(); ++degree) {
    double sum = 0;
    for (auto const& [x, weight] : rule) sum += weight * std::pow(x, real(degree));
    EXPECT_NEAR(sum, degree % 2 ? 0 : 2 / real(degree + 1), 1e-14) << degree;
  }
}

template <int n>
void expect_as_in_boost(std::vector<QuadraturePoint> const& rule) {
  using Boost = boost::math::quadrature::gauss<double, n>;
  ASSERT_EQ(std::ssize(rule), n);
  auto const& x = Boost::abscissa();
  for (std::size_t i = 0; i < x.size(); ++i) {
    auto const& point = rule[rule.size() - x.size() + i];
    EXPECT_NEAR(point.x, x[i], 1e-15);
    EXPECT_NEAR(point.weight, Boost::weights()[i], 1e-15);
  }
}

TEST(Quadrature, tables_are_gauss_legendre_rules) {
  expect_exact(both_sides(gauss_5));
  expect_exact(both_sides(gauss_8));
  expect_exact(both_sides(gauss_10));
  expect_as_in_boost<5>(both_sides(gauss_5));
  expect_as_in_boost<8>(both_sides(gauss_8));
  expect_as_in_boost<10>(both_sides(gauss_10));
}

TEST(Quadrature, rules_by_newtons_method_are_those_of_boost) {
  auto const on_both_sides = [](auto const& unit) {
    std::vector<QuadraturePoint> rule;
    for (auto point = unit.rbegin(); point != unit.rend(); ++point)
      rule.push_back({2 * point->x - 1, 2 * point->weight});
    return rule;
  };
  expect_exact(on_both_sides(gauss_legendre<4>()));
  expect_exact(on_both_sides(gauss_legendre<24>()));
  expect_as_in_boost<4>(on_both_sides(gauss_legendre<4>()));
  expect_as_in_boost<24>(on_both_sides(gauss_legendre<24>()));
}

}  // namespace
}  // namespace setsz
