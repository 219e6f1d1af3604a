// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "io/map_header.hpp"
#include "pipeline/base/comm.hpp"

namespace setsz {

/// Writes a full-sky RING map: an empty primary HDU and one binary table of float32, rows of 1024
/// pixels (one pixel a row where the map has fewer), with CHECKSUM and DATASUM on both.
///
/// Collective. Every rank writes its own pixels at their place in the file, so nothing is gathered;
/// the bytes do not depend on the number of ranks.
/// \param first_pixel  of this rank; the ranks' ranges follow one another and cover the sky
/// \pre all values are finite, else Error(internal)
/// \source FITS standard 4.0, sections 4, 7.3 and J (checksum); HEALPix primer, section 5
void write_healpix_map(Comm const& comm, std::string const& path, std::int64_t nside,
                       MapHeader const& header, std::int64_t first_pixel,
                       std::span<float const> pixels);

/// The same of a part of the sky: a table with the number of a pixel in RING order (PIXEL, 64 bits)
/// and its value in each row, for healpy.read_map(partial=True).
/// \param indices  of this rank's pixels
void write_partial_healpix_map(Comm const& comm, std::string const& path, std::int64_t nside,
                               MapHeader const& header, std::span<std::int64_t const> indices,
                               std::span<float const> pixels);

/// A map written by write_healpix_map (or any full-sky RING float32 map of one column). Local.
class HealpixFile {
 public:
  /// Missing: Error(missing_input). Not such a map, or truncated: Error(bad_data).
  explicit HealpixFile(std::string const& path);

  std::int64_t nside() const { return nside_; }
  std::int64_t n_pixels() const { return 12 * nside_ * nside_; }
  /// The cards of the table's header, as they stand: "COMPTON_Y", "8192", "T"; texts unquoted.
  std::map<std::string, std::string> const& cards() const { return cards_; }
  std::vector<std::string> const& history() const { return history_; }
  /// Values of the pixels [range.first, range.last) in RING order.
  std::vector<float> read(Range range) const;
  /// Reads all data and compares with DATASUM.
  bool data_sum_holds() const;

 private:
  std::string path_;
  std::int64_t nside_ = 0;
  std::int64_t data_offset_ = 0;
  std::map<std::string, std::string> cards_;
  std::vector<std::string> history_;
};

/// The header of the data of any FITS file: of the image in its first HDU, else of the table in the
/// second.
struct FitsDataHead {
  std::map<std::string, std::string> cards;  ///< as they stand, texts unquoted; without HISTORY
  std::int64_t data_offset = 0, data_bytes = 0;
};
/// Local. Missing: Error(missing_input). No data: Error(bad_data).
FitsDataHead read_fits_data_head(std::string const& path);

}  // namespace setsz
