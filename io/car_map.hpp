// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "io/map_header.hpp"
#include "pipeline/base/comm.hpp"

namespace setsz {

/// Where the pixels of a plate carree (CAR) image lie: in equal steps of longitude and latitude.
struct CarLayout {
  std::int64_t n_columns, n_rows;
  double step_deg;
  double west, south;  ///< least longitude and latitude of the centres of pixels [steps]
};

/// Writes an image of float32 with celestial coordinates, as astropy.wcs and pixell read it: the
/// first HDU, latitude growing with the row and longitude falling with the column, CRVAL2 = 0, with
/// CHECKSUM and DATASUM.
///
/// Collective. Every rank writes its own pixels at their place in the file.
/// \param first_pixel  of this rank; pixels are counted from north to south and in each row
///                     eastwards, which is from the end of the image to its beginning
/// \pre all values are finite, else Error(internal)
/// \source Calabretta & Greisen (2002), A&A 395, 1077, section 5.2.3
void write_car_map(Comm const& comm, std::string const& path, CarLayout const& layout,
                   MapHeader const& header, std::int64_t first_pixel,
                   std::span<float const> pixels);

}  // namespace setsz
