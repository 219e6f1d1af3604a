// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <vector>

#include "pipeline/base/vec3.hpp"
#include "stages/moments/target_rows.hpp"
#include "stages/moments/tracers.hpp"

namespace setsz {

/// Gaussians are cut at this distance, in units of their scale h.
inline constexpr double gaussian_cut = 3.2;

/// Sums over tracers around one target, with w = exp(-|x - q|^2/2h^2) times the tracer's weight.
struct GaussianSum {
  double weight = 0;     ///< W = sum w
  double weight2 = 0;    ///< sum w^2
  Vec3 position;         ///< sum w q [R200]
  Vec3 velocity;         ///< sum w v [V200]
  double velocity2 = 0;  ///< sum w |v|^2 [V200^2]
};

/// Targets that are added to at a time, by instruction sets of this processor; the fastest last.
std::vector<int> gaussian_lanes();

/// The sums of one scale around all targets of a cluster.
///
/// Targets lie on a lattice and a Gaussian is a product of three: for each particle the
/// exponentials along x, y and z are computed once, and the rows of targets within reach are their
/// products. This is exact, with no exponential for a pair. Each sum adds particles in their order.
class GaussianSums {
 public:
  /// \param h_r200  scale of the Gaussian [R200]
  /// \param lanes   one of gaussian_lanes(): all give the same bits
  GaussianSums(TargetRows const& targets, double h_r200, Tracers const& tracers,
               int lanes = gaussian_lanes().back());

  /// \param target  of the row (i, j), to which it must belong
  GaussianSum at(TargetRows::Row const& row, std::int64_t target) const;

 private:
  /// By row, in the row by channel, then by target: rows of a channel are contiguous.
  std::vector<double> sums_;
};

}  // namespace setsz
