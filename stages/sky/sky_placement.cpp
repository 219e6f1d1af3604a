// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/sky_placement.hpp"

#include "stages/sky/sky_painter.hpp"

namespace setsz {

std::int64_t SkyPlacement::find_images(BoxHalo const& halo, Range replicas,
                                       std::vector<HaloImage>& images) const {
  std::int64_t n_left_out = 0;
  tiling_.for_each_image(halo.position, replicas, [&](auto const& replica, Vec3 const& seen) {
    double const distance = norm(seen);
    if (!SkyPainter::is_outside(distance, halo.reach)) {
      ++n_left_out;
      return;
    }
    double const redshift = distances_.redshift_at(distance);
    BoxHalo there = halo;
    there.p200 = halo_scales(cosmology_, redshift, halo.mass, halo.r200).p200_code;
    images.push_back(
        {there, seen, replica.how.turn, replica.cell, tiling_.lattice().at_face(seen, halo.reach)});
  });
  return n_left_out;
}

double SkyPlacement::weight_of(HaloImage const& image, Field const& field) const {
  double const away = dot(image.turn * image.halo.velocity, unit(image.seen));
  double const a = 1 / (1 + distances_.redshift_at(norm(image.seen)));
  return weight_on_sky(field, image.halo, away, a, cosmology_.h);
}

}  // namespace setsz
