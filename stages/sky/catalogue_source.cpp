// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/catalogue_source.hpp"

#include "stages/sky/sky_painter.hpp"

namespace setsz {

std::int64_t CatalogueSource::find_images(Range places, std::vector<HaloImage>& images) const {
  std::int64_t n_left_out = 0;
  for (auto const& [row, seen, m200c] : catalogue_.read(places)) {
    auto const scales = halo_scales(cosmology_, seen.redshift, m200c);
    BoxHalo const halo{.row = row,
                       .position = seen.seen,
                       .mass = m200c,
                       .r200 = scales.r200c_ckpch,
                       .p200 = scales.p200_code,
                       .reach = pressures_.x_cut() * scales.r200c_ckpch,
                       .velocity = seen.velocity * unit(seen.seen),
                       .redshift = seen.redshift};
    if (!SkyPainter::is_outside(norm(seen.seen), halo.reach)) {
      ++n_left_out;
      continue;
    }
    images.push_back({halo, seen.seen});
  }
  return n_left_out;
}

HaloGas CatalogueSource::gas_of(BoxHalo const& halo, Field const& field) const {
  auto const* family = field.is_pressure ? &pressures_ : densities_;
  return {ProfileGas{family, {halo.mass, halo.redshift}, halo.r200}, Claims::on_fill({})};
}

double CatalogueSource::weight_of(HaloImage const& image, Field const& field) const {
  double const away = dot(image.halo.velocity, unit(image.seen)), a = 1 / (1 + image.halo.redshift);
  return weight_on_sky(field, image.halo, away, a, cosmology_.h);
}

}  // namespace setsz
