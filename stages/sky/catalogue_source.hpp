// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "stages/halos/catalogue.hpp"
#include "stages/halos/field.hpp"
#include "stages/halos/halo_source.hpp"

namespace setsz {

/// The haloes of a catalogue, each at the one place where the observer sees it, with profiles.
class CatalogueSource : public HaloSource {
 public:
  /// \param catalogue, family, field  kept by reference
  CatalogueSource(Catalogue const& catalogue, ProfileFamily const& family,
                  Cosmology const& cosmology, Field const& field)
      : catalogue_(catalogue), family_(family), cosmology_(cosmology), field_(field) {}

  HaloKind kind() const override { return HaloKind::fill; }
  std::int64_t n_places() const override { return catalogue_.n_rows(); }
  std::int64_t images_per_turn() const override { return std::int64_t{1} << 16; }
  std::int64_t find_images(Range places, std::vector<HaloImage>& images) const override;
  HaloGas gas_of(BoxHalo const& halo) const override {
    return {ProfileGas{&family_, {halo.mass, halo.redshift}, halo.r200}, Claims::on_fill({})};
  }

 private:
  Catalogue const& catalogue_;
  ProfileFamily const& family_;
  Cosmology cosmology_;
  Field const& field_;
};

}  // namespace setsz
