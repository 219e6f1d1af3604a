// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "stages/halos/catalogue.hpp"
#include "stages/halos/halo_source.hpp"

namespace setsz {

/// The haloes of a catalogue, each at the one place where the observer sees it, with profiles.
class CatalogueSource : public HaloSource {
 public:
  /// \param catalogue   kept by reference
  /// \param pressures   P/P200, kept by reference
  /// \param densities   rho/rho_crit of the gas; nothing if no field shows it
  CatalogueSource(Catalogue const& catalogue, Cosmology const& cosmology,
                  ProfileFamily const& pressures, ProfileFamily const* densities)
      : catalogue_(catalogue),
        cosmology_(cosmology),
        pressures_(pressures),
        densities_(densities) {}

  HaloKind kind() const override { return HaloKind::fill; }
  std::int64_t n_places() const override { return catalogue_.n_rows(); }
  std::int64_t images_per_turn() const override { return std::int64_t{1} << 16; }
  std::int64_t find_images(Range places, std::vector<HaloImage>& images) const override;
  HaloGas gas_of(BoxHalo const& halo, Field const& field) const override;
  double weight_of(HaloImage const& image, Field const& field) const override;

 private:
  Catalogue const& catalogue_;
  Cosmology cosmology_;
  ProfileFamily const& pressures_;
  ProfileFamily const* densities_;
};

}  // namespace setsz
