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
                       .reach = family_.x_cut() * scales.r200c_ckpch,
                       .velocity = seen.velocity * unit(seen.seen),
                       .redshift = seen.redshift};
    if (!SkyPainter::is_outside(norm(seen.seen), halo.reach)) {
      ++n_left_out;
      continue;
    }
    double const a = 1 / (1 + seen.redshift);
    images.push_back({halo, seen.seen, field_.integral(field_.of_halo(halo), a, cosmology_.h)});
  }
  return n_left_out;
}

}  // namespace setsz
