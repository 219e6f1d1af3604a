// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "io/map_header.hpp"
#include "pipeline/base/comm.hpp"

namespace setsz {

/// Where the pixels of an image of the sky lie: what FITS keywords say of its coordinates. Latitude
/// grows with the row, and longitude falls with the column.
struct ImageLayout {
  std::int64_t n_columns, n_rows;
  std::string projection;  ///< of CTYPE: "CAR"
  std::string projection_name;
  double step_deg;                                 ///< CDELT2, -CDELT1
  double reference_column, reference_row;          ///< CRPIX
  double reference_longitude, reference_latitude;  ///< CRVAL [degree]
  bool has_gaps = false;                           ///< NaN: not shown
};

/// Plate carree: equal steps of longitude and latitude.
/// \param west, south  least longitude and latitude of the centres of pixels [steps]
/// \source Calabretta & Greisen (2002), A&A 395, 1077, section 5.2.3
ImageLayout plate_carree_image(std::int64_t n_columns, std::int64_t n_rows, double step_deg,
                               double west, double south);
/// A plane whose middle, that of the image, touches the sky.
/// \param projection  "TAN" (gnomonic) or "ZEA" (equal-area)
/// \source Calabretta & Greisen (2002), sections 5.1.3 and 5.1.7
ImageLayout zenithal_image(std::string const& projection, std::int64_t n_columns,
                           std::int64_t n_rows, double step_deg, double longitude_deg,
                           double latitude_deg);

/// Writes an image of float32 with celestial coordinates, as astropy.wcs and pixell read it: the
/// first HDU, with CHECKSUM and DATASUM.
///
/// Collective. Every rank writes its own pixels at their place in the file.
/// \param first_pixel  of this rank; pixels are counted from north to south and in each row
///                     eastwards, which is from the end of the image to its beginning
/// \pre all values are finite but those of gaps, else Error(internal)
void write_sky_image(Comm const& comm, std::string const& path, ImageLayout const& layout,
                     MapHeader const& header, std::int64_t first_pixel,
                     std::span<float const> pixels);

}  // namespace setsz
