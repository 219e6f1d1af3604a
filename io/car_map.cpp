// SPDX-License-Identifier: BSD-3-Clause
#include "io/car_map.hpp"

#include "io/fits_data.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {
namespace {

/// CTYPE of longitude and latitude; RADESYS where they are equatorial.
struct Axes {
  std::string longitude, latitude;
};

Axes axes_of(std::string const& coordinates) {
  if (coordinates == "G") return {"GLON-CAR", "GLAT-CAR"};
  if (coordinates == "E") return {"ELON-CAR", "ELAT-CAR"};
  return {"RA---CAR", "DEC--CAR"};
}

std::string image_header(CarLayout const& layout, MapHeader const& header, FitsSum data_sum) {
  auto const axes = axes_of(header.coordinates);
  // The reference is a point of the equator between two columns in the middle.
  std::int64_t const half = layout.n_columns / 2;
  double const middle_deg = (layout.west + real(layout.n_columns - half) - 0.5) * layout.step_deg;
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
      {"CTYPE1", axes.longitude, "plate carree"},
      {"CTYPE2", axes.latitude, ""},
      {"CUNIT1", std::string("deg"), ""},
      {"CUNIT2", std::string("deg"), ""},
      {"CRPIX1", real(half) + 0.5, ""},
      {"CRPIX2", 1 - layout.south, "the equator"},
      {"CDELT1", -layout.step_deg, ""},
      {"CDELT2", layout.step_deg, ""},
      {"CRVAL1", middle_deg, ""},
      {"CRVAL2", 0.0, ""},
  };
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

void write_car_map(Comm const& comm, std::string const& path, CarLayout const& layout,
                   MapHeader const& header, std::int64_t first_pixel,
                   std::span<float const> pixels) {
  std::int64_t const n_pixels = layout.n_columns * layout.n_rows, n = std::ssize(pixels);
  check_map_pixels(comm, n_pixels, first_pixel, pixels);
  FitsWords const backwards{n_pixels - first_pixel - n, n,
                            [&](std::int64_t at, std::span<std::uint32_t> words) {
                              for (auto& word : words) word = big_endian(pixels[n - 1 - at++]);
                            }};
  write_fits_data(comm, path, n_pixels, backwards,
                  [&](FitsSum sum) { return image_header(layout, header, sum); });
}

}  // namespace setsz
