// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "io/fits_header.hpp"
#include "pipeline/base/comm.hpp"

namespace setsz {

/// What a HEALPix map says about itself, beside what its layout fixes.
struct HealpixHeader {
  std::int64_t nside = 1;
  std::string coordinates = "C";     ///< COORDSYS: 'C', 'G' or 'E'
  std::string column = "COMPTON_Y";  ///< TTYPE1
  std::string unit;                  ///< TUNIT1, blank for Compton y
  std::string date;                  ///< DATE, "2026-01-31"
  std::string creator;               ///< CREATOR, "setsz 0.1.0"
  std::vector<FitsCard> cards;       ///< provenance
  std::vector<std::string> history;  ///< one HISTORY line each
};

/// Writes a full-sky RING map: an empty primary HDU and one binary table of float32, rows of 1024
/// pixels (one pixel a row where the map has fewer), with CHECKSUM and DATASUM on both.
///
/// Collective. Every rank writes its own pixels at their place in the file, so nothing is gathered;
/// the bytes do not depend on the number of ranks.
/// \param first_pixel  of this rank; the ranks' ranges follow one another and cover the sky
/// \pre all values are finite, else Error(internal)
/// \source FITS standard 4.0, sections 4, 7.3 and J (checksum); HEALPix primer, section 5
void write_healpix_map(Comm const& comm, std::string const& path, HealpixHeader const& header,
                       std::int64_t first_pixel, std::span<float const> pixels);

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

/// The header of the table in any FITS file.
struct FitsTableHead {
  std::map<std::string, std::string> cards;  ///< as they stand, texts unquoted; without HISTORY
  std::int64_t data_offset = 0, data_bytes = 0;
};
/// Local. Missing: Error(missing_input). No table: Error(bad_data).
FitsTableHead read_fits_table_head(std::string const& path);

}  // namespace setsz
