// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/sky_grid_work.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <nlohmann/json.hpp>

#include "pipeline/base/error.hpp"
#include "pipeline/base/units.hpp"

namespace setsz {
namespace {

constexpr double full_circle_arcmin = 360 * 60;
using units::degree;

Vec3 direction_of(double longitude_deg, double latitude_deg) {
  double const phi = longitude_deg * degree, latitude = latitude_deg * degree;
  return {std::cos(latitude) * std::cos(phi), std::cos(latitude) * std::sin(phi),
          std::sin(latitude)};
}

std::string name_of(SkyGridOptions::Projection projection) {
  using enum SkyGridOptions::Projection;
  return projection == healpix ? "healpix"
         : projection == car   ? "car"
         : projection == tan   ? "tan"
                               : "zea";
}

}  // namespace

void SkyGridOptions::declare(OptionList& options) {
  options.add("projection", projection,
              {{"healpix", Projection::healpix},
               {"car", Projection::car},
               {"tan", Projection::tan},
               {"zea", Projection::zea}},
              {.help = "pixels of the map: HEALPix, or an image with celestial coordinates for "
                       "astropy and pixell: plate carree (car: equal steps in longitude and "
                       "latitude), or a plane around a direction, gnomonic (tan) or zenithal "
                       "equal-area (zea)"});
  options.add("nside", nside,
              {.help = "HEALPix resolution, a power of 2; the stamps of haloes need pixels smaller "
                       "than 1 and 2 give",
               .min = 4,
               .max = 1 << 20});
  options.add("resolution", resolution_arcmin,
              {.unit = "arcmin",
               .help = "pixels of an image; 180 degrees must be a whole number of them in a plate "
                       "carree map",
               .min = 0.01,
               .max = 120});
  options.add("patch", patch_deg,
              {.unit = "degree",
               .help = "paint this part of the sky only: least and largest longitude, least and "
                       "largest latitude, as in 350, 370, -10, 10; none: the full sky",
               .min = -360,
               .max = 720});
  options.add("cap", cap_deg,
              {.unit = "degree",
               .help = "paint only what lies around a direction: longitude, latitude, radius",
               .min = -360,
               .max = 360});
  options.add("polygon", polygon_deg,
              {.unit = "degree",
               .help = "paint only what lies between great circles: longitude, latitude of the "
                       "first corner of a convex polygon, of the second, ...",
               .min = -360,
               .max = 720});
  options.add("centre", centre_deg,
              {.unit = "degree",
               .help = "middle of a flat image (projection = tan, zea): longitude, latitude",
               .min = -360,
               .max = 360});
  options.add("size", size_deg,
              {.unit = "degree",
               .help = "width and height of a flat image (projection = tan, zea)",
               .min = 1e-4,
               .max = 250});
  options.add("spectrum_nside", wanted_spectrum_nside,
              {.help = "resolution of the companion map for C_l up to 2 nside; 0: no C_l "
                       "(HEALPix maps of the full sky only)",
               .min = 0,
               .max = 4096});
}

void SkyGridOptions::validate() const {
  require(std::has_single_bit(static_cast<std::uint64_t>(nside)), ExitCode::config,
          "[sky] nside = ", nside, " is no power of 2");
  require(wanted_spectrum_nside == 0 ||
              std::has_single_bit(static_cast<std::uint64_t>(wanted_spectrum_nside)),
          ExitCode::config, "[sky] spectrum_nside = ", wanted_spectrum_nside, " is no power of 2");
  double const n_steps = full_circle_arcmin / 2 / resolution_arcmin;
  require(projection != Projection::car || std::abs(n_steps - std::round(n_steps)) < 1e-6 * n_steps,
          ExitCode::config, "[sky] resolution = ", resolution_arcmin, " arcmin: 180 degrees are ",
          n_steps, " steps, but must be a whole number of them");
  require(
      (patch_deg.empty() ? 0 : 1) + (cap_deg.empty() ? 0 : 1) + (polygon_deg.empty() ? 0 : 1) < 2,
      ExitCode::config, "[sky] two of patch, cap and polygon are set; choose one");
  if (!patch_deg.empty()) validate_patch();
  if (!cap_deg.empty()) validate_cap();
  if (!polygon_deg.empty()) validate_polygon();
  validate_image();
  require(!is_partial() || grid().n_pixels() > 0, ExitCode::config,
          "[sky] the part of the sky holds no centre of a pixel; make it larger, or the pixels "
          "smaller");
}

void SkyGridOptions::validate_patch() const {
  require(patch_deg.size() == 4, ExitCode::config, "[sky] patch has ", patch_deg.size(),
          " numbers, wanted 4: least and largest longitude, least and largest latitude");
  auto const& [west, east, south, north] =
      std::tie(patch_deg[0], patch_deg[1], patch_deg[2], patch_deg[3]);
  require(west < east && east - west <= 360, ExitCode::config, "[sky] patch: longitudes ", west,
          " to ", east, " must grow, by at most 360 degrees (across 0: 350, 370)");
  require(-90 <= south && south < north && north <= 90, ExitCode::config, "[sky] patch: latitudes ",
          south, " to ", north, " must grow, from -90 to 90 degrees");
}

void SkyGridOptions::validate_cap() const {
  require(cap_deg.size() == 3, ExitCode::config, "[sky] cap has ", cap_deg.size(),
          " numbers, wanted 3: longitude, latitude, radius");
  require(std::abs(cap_deg[1]) <= 90 && cap_deg[2] > 0 && cap_deg[2] <= 180, ExitCode::config,
          "[sky] cap: latitude ", cap_deg[1], " must lie in [-90, 90], radius ", cap_deg[2],
          " in (0, 180] degrees");
}

void SkyGridOptions::validate_image() const {
  auto const name = name_of(projection);
  if (!is_flat()) {
    require(centre_deg.empty() && size_deg.empty(), ExitCode::config, "[sky] ",
            centre_deg.empty() ? "size" : "centre",
            " is a key of flat images (projection = tan, zea), not of projection = ", name,
            "; a part of that is a patch");
    return;
  }
  require(patch_deg.empty() && cap_deg.empty() && polygon_deg.empty(), ExitCode::config, "[sky] ",
          !patch_deg.empty() ? "patch"
          : !cap_deg.empty() ? "cap"
                             : "polygon",
          " is a key of other maps than projection = ", name, "; set centre and size");
  require(centre_deg.size() == 2 && size_deg.size() == 2, ExitCode::config,
          "[sky] projection = ", name, " needs two numbers each of centre (longitude, latitude) ",
          "and size (width, height) [degree], but centre has ", centre_deg.size(), " and size ",
          size_deg.size());
  require(std::abs(centre_deg[1]) <= 90, ExitCode::config, "[sky] centre: latitude ", centre_deg[1],
          " must lie in [-90, 90] degrees");
  FlatRows const rows = image();
  double const corner = rows.corner_angle() / degree,
               most = FlatRows::largest_angle(rows.plane().projection) / degree;
  require(corner <= most, ExitCode::config, "[sky] size = ", size_deg[0], ", ", size_deg[1],
          ": the corners of the image are ", corner, " degrees from its centre, at most ", most,
          " with projection = ", name, "; make it smaller, or take projection = healpix or car");
}

FlatRows SkyGridOptions::image() const {
  auto const pixels = [&](double size) {
    return std::max<std::int64_t>(1, std::llround(size * 60 / resolution_arcmin));
  };
  return {projection == Projection::tan ? FlatProjection::gnomonic : FlatProjection::equal_area,
          centre_deg[0] * degree,
          centre_deg[1] * degree,
          resolution_arcmin * units::arcmin,
          pixels(size_deg[0]),
          pixels(size_deg[1])};
}

SkyPolygon SkyGridOptions::polygon() const {
  std::vector<Vec3> corners;
  for (std::size_t i = 0; i + 1 < polygon_deg.size(); i += 2)
    corners.push_back(direction_of(polygon_deg[i], polygon_deg[i + 1]));
  return SkyPolygon(std::move(corners));
}

void SkyGridOptions::validate_polygon() const {
  require(polygon_deg.size() >= 6 && polygon_deg.size() % 2 == 0, ExitCode::config,
          "[sky] polygon has ", polygon_deg.size(),
          " numbers, wanted longitude and latitude of three corners or more");
  for (std::size_t i = 1; i < polygon_deg.size(); i += 2)
    require(std::abs(polygon_deg[i]) <= 90, ExitCode::config, "[sky] polygon: latitude ",
            polygon_deg[i], " must lie in [-90, 90] degrees");
  require(polygon().is_convex(), ExitCode::config,
          "[sky] polygon: the corners, in this order, are not those of a convex polygon smaller "
          "than half of the sky; list them around it");
}

void SkyGridOptions::refuse_keys(Configuration const& configuration,
                                 std::string const& section) const {
  // Of the section itself: with [sky] one may choose another projection on the command line.
  if (!configuration.has(section)) return;
  if (is_healpix())
    configuration.refuse_key(section, "resolution",
                             "is a key for projection = car, tan, zea; HEALPix has nside");
  else
    configuration.refuse_key(section, "nside",
                             "is a key for projection = healpix; set resolution (arcmin)");
  if (wanted_spectrum_nside > 0 && !(is_healpix() && !is_partial()))
    configuration.refuse_key(
        section, "spectrum_nside",
        "is for C_l, which is computed of HEALPix maps of the full sky only; remove the key");
}

SkyGrid::Part SkyGridOptions::part() const {
  if (!patch_deg.empty())
    return SkyPatch{patch_deg[0] * degree, patch_deg[1] * degree, (90 - patch_deg[3]) * degree,
                    (90 - patch_deg[2]) * degree};
  if (!polygon_deg.empty()) return polygon();
  if (cap_deg.empty()) return {};
  return SkyCap{direction_of(cap_deg[0], cap_deg[1]), cap_deg[2] * degree};
}

RingGeometry SkyGridOptions::geometry() const {
  if (is_healpix()) return RingGeometry(nside);
  if (is_flat()) return RingGeometry(image());
  return RingGeometry(CarRings(2 * std::llround(full_circle_arcmin / 2 / resolution_arcmin)));
}

std::int64_t SkyGridOptions::spectrum_nside() const {
  return is_healpix() && !is_partial() ? std::min(wanted_spectrum_nside, nside) : 0;
}

nlohmann::json SkyGridOptions::report() const {
  nlohmann::json report = {{"projection", name_of(projection)}};
  if (is_healpix())
    report["nside"] = nside;
  else
    report["resolution_arcmin"] = resolution_arcmin;
  if (!patch_deg.empty()) report["patch_deg"] = patch_deg;
  if (!cap_deg.empty()) report["cap_deg"] = cap_deg;
  if (!polygon_deg.empty()) report["polygon_deg"] = polygon_deg;
  if (is_flat()) report["centre_deg"] = centre_deg;
  if (is_flat()) report["size_deg"] = size_deg;
  return report;
}

}  // namespace setsz
