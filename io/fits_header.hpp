// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace setsz {

/// FITS files consist of blocks of this many bytes.
inline constexpr std::int64_t fits_block = 2880;

/// One header card of a FITS file. Keys have at most 8 characters, texts at most 68 (quotes count
/// twice).
struct FitsCard {
  std::string key;
  std::variant<bool, std::int64_t, double, std::string> value;
  std::string comment;
};

/// The checksum of FITS: the ones-complement sum of big-endian 32-bit words.
///
/// Sums of parts that begin at multiples of four bytes can be added to each other in any order:
/// this is what lets every rank sum its own pixels. cfitsio sums only what it has in one file.
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

/// The header of one HDU, whose cards cfitsio writes in memory; the data are written elsewhere.
class FitsHeader {
 public:
  FitsHeader();
  ~FitsHeader();
  /// Throws Error(internal) where the card does not fit into 80 characters.
  void add(FitsCard const& card);
  /// Cut into several cards where it is long.
  void add_history(std::string const& line);
  /// The whole header, END and blanks up to the next block included, with CHECKSUM and DATASUM set
  /// so that the sum over header and data is -0 (all ones). \pre called once
  std::string finish(FitsSum data_sum);

 private:
  struct Memory;
  std::unique_ptr<Memory> memory_;
};

/// Header of a file whose data are in its first extension: "the `what` is in the first extension".
std::string fits_primary_header(std::string const& what);

/// Names of columns, keys and the like, as FITS files have them. ASCII.
std::string fits_upper_case(std::string_view text);

}  // namespace setsz
