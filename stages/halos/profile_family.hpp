// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace setsz {

/// Which profile of a family.
struct ProfilePoint {
  double mass;          ///< [1e10 Msun/h]
  double redshift = 0;  ///< matters where the family depends on it
  ProfilePoint(double the_mass, double the_redshift = 0) : mass(the_mass), redshift(the_redshift) {}
};

/// Spherical profiles p(x; M) or p(x; M, z), x = r/R200, cut at a sphere x_cut, with their
/// projections.
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
  /// The projections are given at fewer nodes as well, every second or fourth: by the size of the
  /// table that is asked for, n + 2 with n = n_nodes / stride.
  static constexpr int largest_stride = 4;

  /// \param profile  p(M, x) in units of P200, M in 1e10 Msun/h; also asked a little beyond the
  ///                 range of masses
  ProfileFamily(std::function<double(double mass, double x)> const& profile, double mass_min,
                double mass_max, double x_cut);
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
  /// p at x_i [P200]; 0 beyond the cut.
  void pressure(ProfilePoint const& at, std::span<double> table) const;
  /// 4 pi integral p x^2 dx up to x_i [P200 R200^3].
  void enclosed(ProfilePoint const& at, std::span<double> table) const;

 private:
  struct Row {
    std::vector<double> projected, mean_projected, pressure, enclosed;
    std::array<double, n_moments> moments{};
    /// Every second, every fourth value.
    std::vector<double> projected_2, projected_4, mean_projected_2, mean_projected_4;
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
  static Row row_of(std::function<double(double x)> const& profile, double x_cut);
  void tabulate(Evolving const& profile);
  /// visit(row, weight) for the rows that are blended, in their order.
  template <class Visit>
  void for_each_row(ProfilePoint const& at, Visit&& visit) const;
  void blend(std::vector<double> Row::*table, ProfilePoint const& at, std::span<double> out) const;

  double x_cut_;
  Axis ln_mass_, ln_redshift_;  ///< ln M, ln(1 + z)
  std::vector<Row> rows_;       ///< (redshift, mass)
};

}  // namespace setsz
