// SPDX-License-Identifier: BSD-3-Clause
#include "io/sky_image.hpp"

#include "io/fits_data.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {
namespace {

/// CTYPE of longitude and latitude, without the projection.
struct Axes {
  std::string longitude, latitude;
};

Axes axes_of(std::string const& coordinates) {
  if (coordinates == "G") return {"GLON-", "GLAT-"};
  if (coordinates == "E") return {"ELON-", "ELAT-"};
  return {"RA---", "DEC--"};
}

std::string image_header(ImageLayout const& layout, MapHeader const& header, FitsSum data_sum) {
  auto const axes = axes_of(header.coordinates);
  std::vector<FitsCard> cards = {
      {"SIMPLE", true, "FITS standard 4.0"},
      {"BITPIX", std::int64_t{-32}, "float32, big-endian"},
      {"NAXIS", std::int64_t{2}, ""},
      {"NAXIS1", layout.n_columns, ""},
      {"NAXIS2", layout.n_rows, ""},
      {"EXTEND", true, ""},
      {"BUNIT", header.unit, header.unit.empty() ? "dimensionless" : ""},
      {"EXTNAME", header.column, ""},
      {"WCSAXES", std::int64_t{2}, ""},
      {"CTYPE1", axes.longitude + layout.projection, layout.projection_name},
      {"CTYPE2", axes.latitude + layout.projection, ""},
      {"CUNIT1", std::string("deg"), ""},
      {"CUNIT2", std::string("deg"), ""},
      {"CRPIX1", layout.reference_column, ""},
      {"CRPIX2", layout.reference_row, layout.projection == "CAR" ? "the equator" : ""},
      {"CDELT1", -layout.step_deg, ""},
      {"CDELT2", layout.step_deg, ""},
      {"CRVAL1", layout.reference_longitude, ""},
      {"CRVAL2", layout.reference_latitude, ""},
  };
  // The default is another one where the middle is a pole.
  if (layout.projection != "CAR") cards.push_back({"LONPOLE", 180.0, "north is up"});
  if (header.coordinates == "C") cards.push_back({"RADESYS", std::string("ICRS"), ""});
  cards.push_back({"DATE", header.date, ""});
  cards.push_back({"CREATOR", header.creator, ""});
  FitsHeader all;
  for (auto const& card : cards) all.add(card);
  for (auto const& card : header.cards) all.add(card);
  for (auto const& line : header.history) all.add_history(line);
  return all.finish(data_sum);
}

}  // namespace

ImageLayout plate_carree_image(std::int64_t n_columns, std::int64_t n_rows, double step_deg,
                               double west, double south) {
  // The reference is a point of the equator between two columns in the middle.
  std::int64_t const half = n_columns / 2;
  double const middle_deg = (west + real(n_columns - half) - 0.5) * step_deg;
  return {n_columns, n_rows,     "CAR", "plate carree", step_deg, real(half) + 0.5,
          1 - south, middle_deg, 0.0};
}

ImageLayout zenithal_image(std::string const& projection, std::int64_t n_columns,
                           std::int64_t n_rows, double step_deg, double longitude_deg,
                           double latitude_deg) {
  return {n_columns,
          n_rows,
          projection,
          projection == "TAN" ? "gnomonic" : "zenithal equal-area",
          step_deg,
          real(n_columns + 1) / 2,
          real(n_rows + 1) / 2,
          longitude_deg,
          latitude_deg};
}

void write_sky_image(Comm const& comm, std::string const& path, ImageLayout const& layout,
                     MapHeader const& header, std::int64_t first_pixel,
                     std::span<float const> pixels) {
  std::int64_t const n_pixels = layout.n_columns * layout.n_rows, n = std::ssize(pixels);
  check_map_pixels(comm, n_pixels, first_pixel, pixels,
                   layout.has_gaps ? MapGaps::nan : MapGaps::none);
  FitsWords const backwards{n_pixels - first_pixel - n, n,
                            [&](std::int64_t at, std::span<std::uint32_t> words) {
                              for (auto& word : words) word = big_endian(pixels[n - 1 - at++]);
                            }};
  write_fits_data(comm, path, n_pixels, backwards,
                  [&](FitsSum sum) { return image_header(layout, header, sum); });
}

}  // namespace setsz
