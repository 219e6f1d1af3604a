// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "stages/halos/partition.hpp"

namespace setsz {

/// What other haloes leave of thin shells around a halo's centre, seen from far away or from near:
/// on a shell each of them takes a cap. From the partition alone, without lines of sight or pixels.
class ShellShare {
 public:
  /// \param claims    in any frame
  /// \param centre    the halo's, as seen from the observer, in the same frame [ckpc/h]; none:
  ///                  what is near counts as much as what is far
  ShellShare(Claims const& claims, std::optional<Vec3> const& centre);

  /// Mean over the shell of radius r, r > 0, of D^2/chi^2 (D, chi: distances of the centre and of a
  /// point) where nobody takes it, 0 elsewhere. Accuracy: 1e-4 of D^2/chi^2.
  double left(double radius);
  /// Tables of nested shells at r_i = i node, i = 0 ... ProfileFamily::n_nodes, have one share for
  /// so many of them.
  static constexpr std::size_t nodes_per_share = 8, n_shares = 128;
  /// `enclosed` is the sum of P V up to r_i, or up to every 2nd or 4th of them; `node` is their
  /// distance. \return sum of P V D^2/chi^2 that is left
  double left_of(std::span<double const> enclosed, double node);
  /// The shares, from the centre outwards.
  std::vector<double> shares(std::span<double const> enclosed, double node);
  /// The direction in which most of the shell is left.
  Vec3 emptiest(double radius);

 private:
  /// A part of the unit sphere: integrals of 1 and of n over it, over 4 pi.
  struct Part {
    double area;
    Vec3 vector;
    Part& operator+=(Part const& other);
  };
  /// The directions n with dot(n, axis) > cosine.
  struct Cap {
    Vec3 axis;
    double cosine;
  };
  /// The caps of all neighbours, but those that lie in another one, into caps_.
  /// \return false if one takes all of the shell
  bool find_caps(double radius);
  void add_cap(Cap const& cap);
  static Part part_of(Cap const& cap);
  /// What two caps have in common. \pre their edges cross
  static Part lens(Cap const& a, Cap const& b);
  static bool cross(Cap const& a, Cap const& b);
  double left_of_one(std::span<double const> enclosed, double node);
  /// Union of the caps; none if three of them may have something in common.
  std::optional<Part> taken_together() const;
  /// By quadrature over rings around the line of sight.
  double left_by_rings(double x);
  /// Share of a ring around the line of sight that nobody takes.
  double free_arc(double cosine, double sine);

  std::vector<Claims::ShellCut> cuts_;
  Vec3 towards_{0, 0, 1}, east_, north_;
  double per_distance_ = 0;  ///< 1 / D
  std::vector<Cap> caps_;
  std::vector<double> breaks_;
  std::vector<LinePart> arcs_;
};

}  // namespace setsz
