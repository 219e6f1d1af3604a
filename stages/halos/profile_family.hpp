// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "pipeline/base/number.hpp"
#include "stages/halos/table_node.hpp"

namespace setsz {

/// Which profile of a family.
struct ProfilePoint {
  double mass;          ///< [1e10 Msun/h]
  double redshift = 0;  ///< matters where the family depends on it
  ProfilePoint(double the_mass, double the_redshift = 0) : mass(the_mass), redshift(the_redshift) {}
};

/// Integrals of a spherical profile over pieces of straight lines, from a table of those between a
/// line's foot (its point nearest to the centre, b from it) and a point at l from the foot. The
/// table's coordinates, the square roots of r/r_cut and of b/(b + l), r^2 = b^2 + l^2, are those in
/// which a cusp is smooth.
class LinePieces {
 public:
  static constexpr int n_radii = 64, n_slopes = 32;
  static constexpr int stride = n_slopes + 2;  ///< one value more at each end, so that no
  static constexpr int table_size = stride * (n_radii + 2);  ///< interpolation needs a check

  LinePieces(TableNode const* table, double r_cut) : table_(table), per_cut_(1 / r_cut) {}
  TableNode const* table() const { return table_; }
  double per_cut() const { return per_cut_; }  ///< 1 / r_cut
  /// From l = first to l = last [unit of the table]. \pre b >= 0
  double between(double b, double first, double last) const {
    auto const per_cut = single(per_cut_);
    return from_foot(table_, per_cut, single(b), single(last)) -
           from_foot(table_, per_cut, single(b), single(first));
  }
  /// From the foot to the surface r = r_cut, `half` away: for loops.
  static float to_surface(TableNode const* table, float b, float half) {
    float const slope = n_slopes * std::sqrt(b / (b + half + 1e-30F));
    auto const j = static_cast<int>(slope);
    return value_at(table[n_radii * stride + j], slope - single(j));
  }
  /// From the foot to l: for loops.
  static float from_foot(TableNode const* table, float per_cut, float b, float l) {
    float const away = std::abs(l), r = std::sqrt(b * b + away * away) * per_cut;
    float const place = n_radii * std::sqrt(r < 1 ? r : 1);
    float const slope = n_slopes * std::sqrt(b / (b + away + 1e-30F));
    auto const i = static_cast<int>(place), j = static_cast<int>(slope);
    float const f = place - single(i), g = slope - single(j);
    int const k = i * stride + j;
    float const low = value_at(table[k], g), high = value_at(table[k + stride], g);
    return std::copysign(low + f * (high - low), l);
  }

 private:
  TableNode const* table_;
  double per_cut_;
};

/// Spherical profiles p(x; M) or p(x; M, z), x = r/R200, cut at a sphere x_cut, with their
/// projections; also those of a skirt, which begins at x_inner: inside it p is 0.
///
/// Tabulated for masses 10% apart; between them four tables are blended, cubic in ln M. What is
/// painted is the blend, whose volume integral and projection are the blends of those of the rows:
/// sums agree exactly. The blend differs from p(x; M) by less than 3e-5. A family that depends on
/// the redshift is cubic in ln(1 + z) as well (16 tables), and its steps are as wide as the same
/// accuracy allows.
class ProfileFamily {
 public:
  /// Tables have values at x_i = i x_cut / n_nodes, i = 0 ... n_nodes + 1 (the last two are 0 or
  /// the total), so that a linear interpolation needs no check at the edge.
  static constexpr int n_nodes = 1024;
  static constexpr int table_size = n_nodes + 2;
  /// The projections are given at fewer nodes as well, every second or fourth, and what is enclosed
  /// at every fourth: by the size of the table that is asked for, n + 2 with n = n_nodes / stride.
  static constexpr int largest_stride = 4;

  /// \param profile  p(M, x) in units of P200, M in 1e10 Msun/h; also asked a little beyond the
  ///                 range of masses
  /// \param x_inner  one of the nodes
  ProfileFamily(std::function<double(double mass, double x)> const& profile, double mass_min,
                double mass_max, double x_cut, double x_inner = 0);
  /// Of haloes at many redshifts.
  struct Bounds {
    double mass_min, mass_max;  ///< [1e10 Msun/h]
    double redshift_min, redshift_max;
  };
  using Evolving = std::function<double(double mass, double redshift, double x)>;
  ProfileFamily(Evolving const& profile, Bounds const& bounds, double x_cut);

  double x_cut() const { return x_cut_; }
  /// 4 pi integral p x^2 dx up to the cut [P200 R200^3].
  double volume_integral(ProfilePoint const& at) const;
  /// 4 pi integral p x^2 (x/x_cut)^2k dx up to the cut, k = 0, 1, 2, 3, shell by shell between the
  /// nodes [P200 R200^3].
  static constexpr std::size_t n_moments = 4;
  std::array<double, n_moments> moments(ProfilePoint const& at) const;
  /// Integral of p along a line at impact parameter x_i, through the cut sphere [P200 R200].
  void projected(ProfilePoint const& at, std::span<double> table) const;
  /// Mean of the projection over the disc within x_i [P200 R200]: the volume integral is pi x_cut^2
  /// times the last.
  void mean_projected(ProfilePoint const& at, std::span<double> table) const;
  /// Integral of p along a line from its point nearest to the centre to another one, for pieces of
  /// lines: see LinePieces [P200 R200]. \pre the family does not depend on the redshift
  void line_pieces(ProfilePoint const& at, std::span<TableNode> table) const;
  /// The same table of the nearest of the tabulated masses.
  std::span<TableNode const> nearest_line_pieces(ProfilePoint const& at) const;
  /// p at x_i [P200]; 0 beyond the cut.
  void pressure(ProfilePoint const& at, std::span<double> table) const;
  /// 4 pi integral p x^2 dx up to x_i [P200 R200^3].
  void enclosed(ProfilePoint const& at, std::span<double> table) const;
  /// F at the nodes of WaveTable [P200 R200^3].
  void waves(ProfilePoint const& at, std::span<double> table) const;

 private:
  struct Row {
    std::vector<double> projected, mean_projected, pressure, enclosed, waves;
    std::vector<float> line_pieces;
    std::vector<TableNode> line_nodes;
    std::array<double, n_moments> moments{};
    /// Every second, every fourth value.
    std::vector<double> projected_2, projected_4, mean_projected_2, mean_projected_4, enclosed_4;
  };
  /// Nodes of one axis, cubic between them.
  struct Axis {
    double low, step;   ///< the first node lies one step before the range
    std::size_t n = 1;  ///< 1: nothing depends on it
    double node(std::size_t i) const;
  };
  struct Place {
    std::size_t node = 0;            ///< the first of four
    std::array<double, 4> weight{};  ///< of each; they add up to 1
  };
  static Axis axis_over(double low, double high, double step);
  static Place place_on(Axis const& axis, double at, char const* what);
  Row row_of(std::function<double(double x)> const& profile) const;
  void tabulate(Evolving const& profile);
  /// visit(row, weight) for the rows that are blended, in their order.
  template <class Visit>
  void for_each_row(ProfilePoint const& at, Visit&& visit) const;
  template <class Number>
  void blend(std::vector<Number> Row::*table, ProfilePoint const& at, std::span<Number> out) const;

  double x_cut_, x_inner_ = 0;
  Axis ln_mass_, ln_redshift_;  ///< ln M, ln(1 + z)
  std::vector<Row> rows_;       ///< (redshift, mass)
};

}  // namespace setsz
