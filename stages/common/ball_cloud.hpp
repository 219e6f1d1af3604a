// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "pipeline/base/vec3.hpp"

namespace setsz {

/// Uniform balls on a grid by cloud in cell, exactly: cell i gets the integral over the ball of
/// w(x - i) w(y - j) w(z - k), w(u) = max(0, 1 - |u|), over the volume of the ball.
///
/// w is a second difference of max(0, u), so all shares are second differences along three axes of
/// G(a, b, c), the integral of (x - a)(y - b)(z - c) over {unit ball, x > a, y > b, z > c}. With
/// the corner inside the ball, G follows from the moments of that part,
///
///   of xyz  s^3 / 48,                                     s = 1 - a^2 - b^2 - c^2
///   of xy   (8 t^5/15 - c t^4 + 2 t^2 c^3/3 - c^5/5) / 8,   t^2 = 1 - a^2 - b^2
///   of x    (K(a|b) + K(a|c)) / 2 - pi q^4/16 + bc (q^2 - (b^2 + c^2)/3) / 2,   q^2 = 1 - a^2
///
/// and its volume (BallOverlap); K(a|b) = (q^4 atan2(t, b) - 2 b t^3/3 - q^2 b t) / 4 is the
/// moment of x of {unit ball, x > a, y > b}. With the corner outside, reflections leave pairs of
/// faces. Along an axis of which no plane of cell centres cuts the ball, w is linear, and the
/// shares are those of the centre; a ball that planes of one axis cut, or none, needs polynomials
/// alone.
class BallCloud {
 public:
  /// Shares of the cells first, ..., first + size - 1 along each axis, z fastest; they add up to 1.
  struct Block {
    std::array<std::int64_t, 3> first, size;
    std::span<double const> shares;
  };
  /// Error of a share: 1e-14 r^6 of that of a cell within the ball. Beyond `exact_below` cells of
  /// centres inside the ball share it equally.
  static constexpr double exact_below = 24;
  /// \param centre  [cells], that of cell (0, 0, 0) is at 0.5, 0.5, 0.5
  /// \param radius  [cells], > 0
  /// \return        valid until the next call
  Block operator()(Vec3 const& centre, double radius);

 private:
  /// What two faces cut off: its volume, moments of either coordinate, and G of two coordinates.
  struct Pair {
    double t2, volume, of_first, of_second, g;
  };
  struct Axis {
    std::vector<double> at, volume, g;  ///< nodes, seen from the ball [radii]; of one face
    std::vector<double> weights;        ///< shares along the axis, or of the plane across it
  };
  static double one_face_g(double a, double volume);
  static Pair pair_of(Axis const& first, std::size_t i, Axis const& second, std::size_t j);
  /// G of nodes i, j, k.
  double three_faces_g(std::size_t i, std::size_t j, std::size_t k) const;
  double inside(std::array<std::size_t, 3> const& node, double s) const;
  void place_nodes(std::size_t d, double first_node);
  void fill_pairs(std::size_t d);
  void separable(Vec3 const& place);
  void cut_by_two(Vec3 const& place);
  void general();
  void equal(Vec3 const& place);
  /// Second differences along an axis of `n` nodes: n - 2 are left.
  static std::size_t difference(std::vector<double>& values, std::size_t outer, std::size_t n,
                                std::size_t inner);
  void set_inner_shares();

  double radius_ = 0;
  Block block_{};
  std::array<Axis, 3> axes_;
  std::array<std::vector<Pair>, 3> pairs_;  ///< of axes (0, 1), (1, 2), (2, 0)
  std::vector<double> values_;
};

}  // namespace setsz
