// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "io/healpix_map.hpp"

namespace setsz {

/// FITS files consist of blocks of this many bytes.
inline constexpr std::int64_t fits_block = 2880;

/// An 80-character card in fixed format. Throws Error(internal) where it does not fit.
std::string fits_card_text(FitsCard const& card);

/// The checksum of FITS: the ones-complement sum of big-endian 32-bit words.
///
/// Sums of parts that begin at multiples of four bytes can be added to each other in any order.
class FitsSum {
 public:
  FitsSum() = default;
  explicit FitsSum(std::uint32_t sum) : sum_(sum) {}
  /// \pre bytes.size() is a multiple of 4
  void add(std::span<unsigned char const> bytes);
  void add(FitsSum other);
  std::uint32_t value() const { return sum_; }

 private:
  std::uint32_t sum_ = 0;
};

/// A whole header, END and blanks up to the next block included, with CHECKSUM and DATASUM set so
/// that the sum over header and data is -0 (all ones).
/// \param text  the cards before them, one after the other
std::string finish_fits_header(std::string text, FitsSum data_sum);

}  // namespace setsz
