// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <bit>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "io/fits_header.hpp"
#include "pipeline/base/comm.hpp"

namespace setsz {

/// A number as it stands in a FITS file: big-endian.
inline std::uint32_t big_endian(std::uint32_t word) {
  return std::endian::native == std::endian::little ? __builtin_bswap32(word) : word;
}
inline std::uint32_t big_endian(float value) {
  return big_endian(std::bit_cast<std::uint32_t>(value));
}

/// What one rank holds of the data of a FITS file, in words of 32 bits.
struct FitsWords {
  std::int64_t first, n;  ///< its place among the words of all ranks
  /// Fills words with those from `at` on, counted from `first`, as they stand in the file.
  std::function<void(std::int64_t at, std::span<std::uint32_t> words)> fill;
};

/// Collective: writes a FITS file whose last HDU has data. Every rank writes its words at their
/// place, so nothing is gathered; the bytes do not depend on the number of ranks.
/// \param n_words  of all ranks
/// \param headers  all that comes before the data, from the sum over them
void write_fits_data(Comm const& comm, std::string const& path, std::int64_t n_words,
                     FitsWords const& mine,
                     std::function<std::string(FitsSum data_sum)> const& headers);

/// What may stand for a pixel that is not shown.
enum class MapGaps { none, nan };
/// Collective: the ranks' pixels must follow one another, `n_pixels` in all, and be finite; else
/// Error(internal).
void check_map_pixels(Comm const& comm, std::int64_t n_pixels, std::int64_t first_pixel,
                      std::span<float const> pixels, MapGaps gaps = MapGaps::none);

}  // namespace setsz
