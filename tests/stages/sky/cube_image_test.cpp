// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/cube_image.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <numeric>

#include "pipeline/base/random.hpp"

namespace setsz {
namespace {

double draw(std::uint64_t stream, std::uint64_t i) {
  return Random(stream, Purpose::test, i).uniform();
}

/// A slice in which every row has its own range of cells.
struct Slice {
  static constexpr std::int64_t n = 12;
  std::vector<double> values;
  std::vector<SliceSheet::Row> rows;
  explicit Slice(std::uint64_t number) : values(n * n) {
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = draw(number, i);
    for (std::int64_t row = 1; row < n - 1; ++row)
      rows.push_back({row, {std::abs(row - 5), n - row / 3}, values.data() + row * n});
  }
};

/// Every cell cut into points, every point onto its four nodes.
void add_by_points(Slice const& slice, SliceSheet::Span u, SliceSheet::Span v, double factor,
                   std::int64_t n_v, std::vector<double>& nodes) {
  int const cuts = 60;
  for (auto const& row : slice.rows) {
    for (std::int64_t cell = row.cells.first; cell < row.cells.last; ++cell) {
      double const share = factor * row.values[cell] / (cuts * cuts);
      for (int a = 0; a < cuts * cuts; ++a) {
        double const x = u.at + u.step * (real(row.row) + (a / cuts + 0.5) / cuts);
        double const y = v.at + v.step * (real(cell) + (a % cuts + 0.5) / cuts);
        auto const i = static_cast<std::int64_t>(x), j = static_cast<std::int64_t>(y);
        double const p = x - real(i), q = y - real(j);
        double* const corner = nodes.data() + (i * n_v + j);
        corner[0] += share * (1 - p) * (1 - q);
        corner[1] += share * (1 - p) * q;
        corner[n_v] += share * p * (1 - q);
        corner[n_v + 1] += share * p * q;
      }
    }
  }
}

TEST(SliceSheet, SpreadsUniformCellsAsTheirPoints) {
  std::int64_t const n_u = 61, n_v = 64;
  SliceSheet sheet;
  for (int const cuts : {1, 2, 3}) {
    // Nearer and farther than the plane, and in it.
    for (double const scale : {0.67, 0.98, 1.0, 1.03, 1.4}) {
      std::vector<double> expected(n_u * n_v), found(n_u * n_v);
      sheet.begin(n_u, n_v, cuts);
      double sum = 0;
      for (std::uint64_t number = 0; number < 3; ++number) {
        Slice const slice(number);
        SliceSheet::Span const u{1.3 + draw(9, number), scale * cuts},
            v{2.7 + draw(8, number), scale * cuts};
        sheet.add(slice.rows, u, v, 0.4);
        add_by_points(slice, u, v, 0.4, n_v, expected);
        for (auto const& row : slice.rows)
          sum +=
              0.4 * std::accumulate(row.values + row.cells.first, row.values + row.cells.last, 0.0);
      }
      sheet.add_to(found);
      EXPECT_NEAR(std::accumulate(found.begin(), found.end(), 0.0) / sum, 1, 1e-13);
      for (std::size_t i = 0; i < found.size(); ++i)
        ASSERT_NEAR(found[i], expected[i], 1e-3) << cuts << ' ' << scale << ' ' << i;
    }
  }
}

constexpr double r200 = 600;

SparseCube random_cube() {
  std::int64_t const n = 20;
  std::vector<float> values;
  for (std::int64_t i = 0; i < n * n * n; ++i) {
    auto const at = [&](std::int64_t k) { return (real(k % n) + 0.5 - real(n) / 2) * 5 / real(n); };
    bool const inside = norm(Vec3{at(i / n / n), at(i / n), at(i)}) < 2;
    values.push_back(inside ? single(draw(5, static_cast<std::uint64_t>(i))) : 0.0F);
  }
  return {values, n, 5 * r200};
}

/// Sums over directions n, from the direction of the centre, of what is seen there: 1, two
/// components, their squares and product.
using Moments = std::array<double, 6>;
void add(Moments& sums, Vec3 const& direction, double value) {
  double const x = direction.x, y = direction.y;
  std::array const terms{1.0, x, y, x * x, y * y, x * y};
  for (std::size_t i = 0; i < terms.size(); ++i) sums[i] += value * terms[i];
}

/// From far and from near, along every axis and between them, with and without neighbours.
TEST(CubeImage, HoldsTheMomentsOfItsVoxels) {
  SparseCube const cube = random_cube();
  CubeImage image;
  std::vector<std::vector<Neighbour>> const surroundings = {{}, {{{700, 300, -400}, 500, 3}}};
  for (std::uint64_t number = 0; number < 16; ++number) {
    auto const turn = CubeSymmetry::number(number * 3);
    SparseCube const turned = cube.turned(turn);
    SkyDirection const centre(Vec3{draw(1, number), draw(2, number), draw(3, number)} -
                              Vec3{0.5, 0.5, 0.5});
    Mat3 const to_local = centre.to_local();
    for (auto const& neighbours : surroundings) {
      auto const claims = Claims::on_fill(neighbours).rotated(turn.matrix());
      for (double const distance : {3.0, 5.0, 30.0, 3000.0}) {
        int const cuts = 1 + static_cast<int>(number % 3);
        Moments expected{}, found{};
        double removed = 0;
        Vec3 const seen = distance * r200 * centre.outwards;
        for_each_part(
            turned, 4, claims,
            [&](Vec3 const& offset, double pv) {
              add(expected, unit(to_local * (seen + offset)), pv / norm2(seen + offset));
            },
            [&](Vec3 const& offset, double pv) { removed += pv / norm2(seen + offset); });
        image.project(turned, centre, distance * r200, claims, cuts);
        image.for_each_point(
            centre, [&](Vec3 const& direction, double value) { add(found, direction, value); });
        SCOPED_TRACE(testing::Message() << number << ", " << neighbours.size() << " neighbours, "
                                        << distance << " R200, " << cuts << " cuts");
        double const angle = 1 / distance;
        EXPECT_NEAR(found[0] / image.total(), 1, 1e-12);
        EXPECT_NEAR(found[0] / expected[0], 1, distance < 6 ? 3e-3 : 1e-5);
        EXPECT_NEAR(image.removed(), removed, 1e-12 * removed);
        // Both sets of bilinear weights blur by node^2/6; most of it is taken back.
        double const node = 5.0 / real(cube.n()) / cuts, blur = 0.2 * node * node;
        for (std::size_t i = 1; i < 6; ++i) {
          double const size = expected[0] * (i < 3 ? angle : angle * angle);
          double const tolerance = (distance < 6 ? 1e-2 : 1e-3) + (i < 3 ? 0 : blur);
          EXPECT_NEAR(found[i], expected[i], tolerance * size) << "moment " << i;
        }
      }
    }
  }
}

}  // namespace
}  // namespace setsz
