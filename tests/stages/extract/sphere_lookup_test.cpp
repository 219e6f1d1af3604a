// SPDX-License-Identifier: BSD-3-Clause
#include "stages/extract/sphere_lookup.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <utility>

#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"

namespace setsz {
namespace {

constexpr double edge = 1000;

Vec3 random_position(std::uint64_t i) {
  Random random(1, Purpose::test, i);
  return {edge * random.uniform(), edge * random.uniform(), edge * random.uniform()};
}

using Found = std::vector<std::pair<std::int32_t, Vec3>>;

Found look_up(SphereLookup const& lookup, Vec3 const& position) {
  Found found;
  lookup.visit(position,
               [&](std::int32_t index, Vec3 const& offset) { found.emplace_back(index, offset); });
  return found;
}

Found brute_force(std::vector<Sphere> const& spheres, Vec3 const& position) {
  Found found;
  for (std::size_t i = 0; i < spheres.size(); ++i) {
    Vec3 const offset = PeriodicBox(edge).offset(spheres[i].centre, position);
    if (norm2(offset) < spheres[i].radius * spheres[i].radius)
      found.emplace_back(static_cast<std::int32_t>(i), offset);
  }
  return found;
}

/// Many positions at once, also on the borders of cells, in the precision of a file.
template <class T>
void expect_all_equal_to_brute_force(std::vector<Sphere> const& spheres, SphereLookup const& lookup,
                                     std::size_t n) {
  std::vector<T> positions;
  for (std::uint64_t i = 0; i < n; ++i) {
    auto p = random_position(5000 + i);
    if (i % 3 == 0) p.x = edge / 128 * std::floor(p.x / edge * 128);
    if (i % 5 == 0) p.y = std::nextafter(single(edge), 0.F);
    for (double const x : {p.x, p.y, p.z}) positions.push_back(static_cast<T>(x));
    if (positions.back() >= edge) positions.back() = 0;
  }
  std::vector<Found> found(n);
  lookup.visit_all(std::span<T const>(positions),
                   [&](std::size_t i, std::int32_t index, Vec3 const& offset) {
                     found[i].emplace_back(index, offset);
                   });
  for (std::size_t i = 0; i < n; ++i)
    ASSERT_EQ(found[i],
              brute_force(spheres, {positions[3 * i], positions[3 * i + 1], positions[3 * i + 2]}));
}

void expect_equal_to_brute_force(std::vector<Sphere> const& spheres) {
  SphereLookup const lookup(PeriodicBox(edge), spheres);
  for (std::size_t const n : {20000U, 515U, 7U, 0U}) {
    expect_all_equal_to_brute_force<float>(spheres, lookup, n);
    expect_all_equal_to_brute_force<double>(spheres, lookup, n);
  }
  std::size_t hits = 0;
  for (std::uint64_t i = 0; i < 20000; ++i) {
    auto const found = look_up(lookup, random_position(1000 + i));
    ASSERT_EQ(found, brute_force(spheres, random_position(1000 + i)));
    hits += found.size();
  }
  EXPECT_GT(hits, 0U);
}

TEST(SphereLookup, EqualsBruteForceForManySmallSpheres) {
  std::vector<Sphere> spheres;
  for (std::uint64_t i = 0; i < 60; ++i)
    spheres.push_back({random_position(i), 10 + 2 * real(i % 20)});
  expect_equal_to_brute_force(spheres);
}

TEST(SphereLookup, EqualsBruteForceForSpheresOverTheEdgesAndCornersOfTheBox) {
  expect_equal_to_brute_force({{{0, 0, 0}, 100},
                               {{999.999, 500, 1}, 200},
                               {{500, 0, 999}, 50},
                               {{1, 999, 500}, 120},
                               {{2, 998, 499}, 120}});
}

TEST(SphereLookup, EqualsBruteForceForSpheresOfAlmostHalfTheBox) {
  expect_equal_to_brute_force({{{100, 900, 500}, 499}, {{600, 600, 600}, 450}, {{5, 5, 5}, 20}});
}

TEST(SphereLookup, FindsNothingWithoutSpheres) {
  SphereLookup const lookup(PeriodicBox(edge), {});
  EXPECT_TRUE(look_up(lookup, {1, 2, 3}).empty());
}

TEST(SphereLookup, RefusesASphereOfHalfTheBox) {
  EXPECT_THROW(SphereLookup(PeriodicBox(edge), {{{1, 1, 1}, 500}}), Error);
}

}  // namespace
}  // namespace setsz
