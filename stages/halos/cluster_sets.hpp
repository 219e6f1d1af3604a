// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "stages/common/cube_file.hpp"
#include "stages/halos/halo_source.hpp"
#include "stages/halos/profile_choice.hpp"
#include "stages/halos/sample_draw.hpp"
#include "stages/halos/snapshot_clusters.hpp"

namespace setsz {

/// The predictions behind the cubes of a map.
struct CubeChoice {
  std::vector<std::vector<std::string>> predictions;  ///< products by sample and fold
  std::optional<SampleDraw> draw{};  ///< of samples by replicas; none: there is one sample

  std::vector<std::string> products() const;
  /// Gives an image its sample.
  void draw_for(HaloImage& image) const;
};

/// The clusters with the cubes of the network: each has that of the fold that tests it. The network
/// knows the pressure only: densities are the profile of SnapshotClusters.
///
/// Files of all samples are open; a cube is read when an image shows it.
class CubeClusters : public HaloSet {
 public:
  /// Local. \param choice  of a sample, one product alone holds all clusters
  CubeClusters(SnapshotClusters const& clusters, CubeChoice choice, ProductPath const& product);

  HaloKind kind() const override { return HaloKind::cluster; }
  std::int64_t n_rows() const override { return clusters_.table.size(); }
  std::int64_t images_per_turn() const override { return 256; }
  std::pair<double, double> flux_factors() const override;
  std::int64_t n_outside_training() const override;
  std::vector<std::int64_t> mass_disagrees() const override;
  std::vector<BoxHalo> read(Range rows) const override;
  void draw(HaloImage& image) const override { choice_.draw_for(image); }
  HaloGas gas_of(BoxHalo const& halo, Field const& field) const override;
  std::int64_t n_samples() const { return std::ssize(files_); }
  /// How many times `shape` the gas of a cluster is near its edge: in the mean over its own part of
  /// the shell from skirt_anchor_r200 to 2 R200. 0 if others take all of that.
  /// \param sample  as BoxHalo::sample
  double edge_pressure(std::int64_t row, std::int64_t sample, Profile const& shape) const;

 private:
  void find_folds();
  /// All samples of a cluster have cubes of one size.
  void check_samples() const;
  CubeFile const& file_of(std::int64_t row, std::int64_t sample) const {
    return files_[sample > 0 ? sample - 1 : 0][fold_of_[row]];
  }
  SnapshotClusters const& clusters_;
  CubeChoice choice_;
  std::vector<std::vector<CubeFile>> files_;  ///< by sample and fold
  std::vector<std::int64_t> fold_of_;         ///< by row
  std::optional<ProfileFamily> densities_;
};

/// The clusters with a profile within 2 R200.
class ProfileClusters : public HaloSet {
 public:
  ProfileClusters(SnapshotClusters const& clusters, Profile const& profile);

  HaloKind kind() const override { return HaloKind::cluster; }
  std::int64_t n_rows() const override { return clusters_.table.size(); }
  std::vector<BoxHalo> read(Range rows) const override;
  HaloGas gas_of(BoxHalo const& halo, Field const& field) const override;

 private:
  SnapshotClusters const& clusters_;
  std::optional<ProfileFamily> pressures_, densities_;
};

}  // namespace setsz
