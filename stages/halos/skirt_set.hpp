// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <vector>

#include "stages/halos/halo_source.hpp"
#include "stages/halos/profile_choice.hpp"
#include "stages/halos/sample_draw.hpp"
#include "stages/halos/snapshot_clusters.hpp"

namespace setsz {

/// Where the cube of a cluster meets its skirt: the skirt is as high as the cube is in the mean
/// over its own part of this shell [R200].
inline constexpr double skirt_anchor_r200 = 1.5;

/// The skirts of the clusters: their gas from 2 to 4 R200, spherical, what neighbours leave of it.
/// Their density is the profile of SnapshotClusters, continued.
class SkirtSet : public HaloSet {
 public:
  /// \param shape  p(M, x) for x >= 2; 1 at x = 2
  /// \param edge   P/P200 of each cluster at 2 R200, by row and sample; with 0 the skirt has
  ///               electrons without pressure
  /// \param draw   as that of the cubes; none: one sample
  SkirtSet(SnapshotClusters const& clusters, Profile const& shape, std::vector<double> edge,
           std::optional<SampleDraw> draw = {});

  HaloKind kind() const override { return HaloKind::skirt; }
  std::int64_t n_rows() const override { return clusters_.table.size(); }
  std::vector<BoxHalo> read(Range rows) const override;
  /// A skirt is as high as the cube that is shown.
  void draw(HaloImage& image) const override;
  HaloGas gas_of(BoxHalo const& halo, Field const& field) const override;

 private:
  SnapshotClusters const& clusters_;
  double edge_of(std::int64_t row, std::int64_t sample) const;

  std::vector<double> edge_;  ///< (rows, samples)
  std::optional<SampleDraw> draw_;
  std::optional<ProfileFamily> pressures_, densities_;  ///< none without clusters
};

}  // namespace setsz
