// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "stages/halos/field.hpp"
#include "stages/halos/halo_source.hpp"
#include "stages/sky/tiling.hpp"

namespace setsz {

/// The haloes of a box in replicas around an observer, those within a shell of distances.
///
/// Gas and velocities are turned with the box. A halo is frozen between snapshots in comoving size
/// and P/P200; P200, a and the distance are those of the image.
class SkyPlacement : public Placement {
 public:
  /// \param distances  kept by reference
  SkyPlacement(Cosmology const& cosmology, Tiling tiling, DistanceTable const& distances)
      : cosmology_(cosmology), tiling_(std::move(tiling)), distances_(distances) {}

  std::int64_t n_replicas() const override { return tiling_.n_replicas(); }
  std::int64_t find_images(BoxHalo const& halo, Range replicas,
                           std::vector<HaloImage>& images) const override;
  double weight_of(HaloImage const& image, Field const& field) const override;
  bool is_together(HaloImage const& image, Vec3 const& offset) const override {
    return tiling_.lattice().together(image.seen, image.seen + offset);
  }
  Lattice const& lattice() const { return tiling_.lattice(); }

 private:
  Cosmology cosmology_;
  Tiling tiling_;
  DistanceTable const& distances_;
};

}  // namespace setsz
