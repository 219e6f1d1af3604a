// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/base/file.hpp"

// The records of a binary GADGET file: what stands where.
namespace setsz {

/// The header, as it is in the file.
struct GadgetHeader {
  std::array<std::int64_t, 6> n_this_file{}, n_total{};
  std::array<double, 6> mass_table{};
  double a = 0, redshift = 0, box = 0;
  double omega_m = 0, omega_l = 0, h = 0;  ///< 0: the header of GADGET-4 does not know them
  std::int64_t n_files = 1;
  bool has_cooling = false, has_star_formation = false;
};

/// A block of numbers.
struct GadgetBlock {
  std::string label;  ///< "POS ", "VEL ", "ID  ", "MASS", "U   ", "RHO ", "HSML", "NE  ", "SFR "
  std::int64_t offset = 0, bytes = 0;
};

/// Does a file begin like one of GADGET's? \param head  its first bytes
bool begins_like_gadget(std::string_view head);

/// Header and blocks of a file. A file that ends too early, and records that do not fit the header,
/// are an Error(bad_data).
class GadgetRecords {
 public:
  explicit GadgetRecords(std::string const& path);

  std::string const& path() const { return path_; }
  GadgetHeader const& header() const { return header_; }
  GadgetBlock const* block(std::string_view label) const;
  /// How many numbers of a block belong to a row, and to how many rows.
  struct Shape {
    std::int64_t n_rows, columns, width;
  };
  Shape shape(GadgetBlock const& block) const;
  /// The first row of a type in a block, or nothing: the block does not hold this type.
  std::optional<std::int64_t> first_row(GadgetBlock const& block, std::size_t type) const;
  /// Bytes of a block, in the order of this machine. \param width  of a number
  void read(std::int64_t offset, void* into, std::int64_t bytes, std::int64_t width) const;

 private:
  void read_header(std::string const& bytes);
  void find_blocks(std::int64_t at, bool labelled);
  std::vector<std::string> labels_in_order() const;
  std::int64_t rows_of(std::string_view label) const;
  std::uint32_t marker(std::int64_t at) const;
  std::int64_t length_of(std::string_view label, std::uint32_t marker, std::int64_t at) const;
  template <class T>
  T number(std::string const& bytes, std::size_t at) const;

  std::string path_;
  durable::File file_;
  std::int64_t size_ = 0;
  bool swapped_ = false;
  GadgetHeader header_;
  std::vector<GadgetBlock> blocks_;
};

}  // namespace setsz
