// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <vector>

#include "model/gnfw.hpp"
#include "pipeline/base/random.hpp"
#include "stages/common/cube_lattice.hpp"

namespace setsz {

/// How the voxels of a step are drawn.
enum class TargetSampling { importance, uniform };

/// Draws the voxels of a cluster on which a step evaluates the loss.
///
/// Uniformly, or by importance: half of the draws spread evenly over the voxels within 2 R200, half
/// in proportion to the pressure of a profile. Most of the loss sits in the few voxels of the core,
/// which a small uniform sample mostly misses. With the weights the expected loss is Eq. 7 of
/// Thiele et al. (2022) either way; by importance its sampling noise is several times smaller.
class TargetSampler {
 public:
  /// \param profile  for importance sampling, in r/R200
  TargetSampler(CubeLattice const& lattice, GnfwShape const& profile, TargetSampling sampling);

  /// Cube indices of all voxels within 2 R200: by importance in order of radius, else ascending.
  std::vector<std::int32_t> const& voxels() const { return voxels_; }

  struct Draw {
    std::int64_t index = 0;  ///< into voxels()
    float weight = 1;        ///< of the squared error: 1 on average
  };
  /// `n` draws in random order, a function of the stream; every voxel once if there are no more.
  /// Uniform ones are distinct. By importance one falls in each of n strata of equal probability,
  /// so that a likely voxel can come more than once.
  std::vector<Draw> draw(std::int64_t n, Random& random) const;

 private:
  std::vector<std::int32_t> voxels_;
  /// Voxels of one radius are neighbours in voxels_; what of all draws falls before and on them.
  struct Shell {
    std::int64_t first;    ///< into voxels_
    double before;         ///< probability of all smaller radii
    double of_each_voxel;  ///< probability of one voxel
  };
  std::vector<Shell> shells_;  ///< empty: uniform
};

/// `n` distinct numbers in [0, n_all), or all if there are fewer; in random order.
std::vector<std::int64_t> draw_distinct(std::int64_t n, std::int64_t n_all, Random& random);

}  // namespace setsz
