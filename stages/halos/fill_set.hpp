// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "stages/halos/halo_source.hpp"
#include "stages/halos/profile_choice.hpp"
#include "stages/halos/snapshot_clusters.hpp"

namespace setsz {

/// The other haloes of the catalogue (halos.h5), with profiles.
class FillSet : public HaloSet {
 public:
  struct Limits {
    double mass_min_msunh;
    double cut_r200;                                  ///< radius of the sphere that ends a profile
    double clusters_reach_r200 = network_reach_r200;  ///< with their skirts: all of it is theirs
  };
  /// Collective: the ranks look through the masses together.
  FillSet(Comm const& comm, SnapshotClusters const& clusters, std::string path, Limits limits,
          Profile const& profile);

  HaloKind kind() const override { return HaloKind::fill; }
  std::int64_t n_rows() const override { return n_rows_; }
  std::vector<BoxHalo> read(Range rows) const override;
  HaloGas gas_of(BoxHalo const& halo, Field const& field) const override;

 private:
  SnapshotClusters const& clusters_;
  std::string path_;
  Limits limits_;
  std::int64_t n_rows_ = 0;
  std::optional<ProfileFamily> pressures_, densities_;  ///< none without haloes
};

}  // namespace setsz
