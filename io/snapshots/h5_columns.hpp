// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/h5_rows.hpp"
#include "io/snapshots/particles.hpp"

// What snapshot formats in HDF5 share: their datasets, checked and read.
namespace setsz {

/// Checks datasets of a file: type, shape, number of rows, filters. Returns the bytes per row.
struct H5ColumnCheck {
  H5File const& file;
  std::int64_t n_rows;
  std::string_view source_of_n_rows;  ///< "its header says NumPart_ThisFile"

  /// Real numbers of shape (N), or (N, columns) if there are more than one; also integers that
  /// stand for positions, and halves.
  std::int64_t reals(std::string const& dataset, std::int64_t columns = 1) const;
  /// Integers of shape (N).
  std::int64_t ids(std::string const& dataset) const;
  bool has_narrow_ids(std::string const& dataset) const;  ///< of 32 bits
};

/// Numbers of any width as float64: reals, halves, and unsigned integers as they are.
void read_h5_reals(H5File const& file, std::string const& dataset, Range rows,
                   std::span<double> into);

/// Ids as unsigned numbers of 64 bits. Some codes store them as signed ones: the bits are kept.
void read_h5_ids(H5File const& file, std::string const& dataset, Range rows,
                 std::span<std::uint64_t> into);

/// One dataset of real numbers, read into a buffer that is used again for every block.
class H5RealColumn {
 public:
  H5RealColumn(H5File const& file, std::string const& dataset) : rows_(file, dataset) {}
  bool reads_small_pieces() const { return rows_.reads_small_pieces(); }
  RealSpan read(Range rows);

 private:
  template <class T>
  RealSpan read_into(std::vector<T>& buffer, Range rows, std::int64_t n);
  H5Rows rows_;
  std::vector<float> single_;
  std::vector<double> twice_;
};

/// The same for ids.
class H5IdColumn {
 public:
  H5IdColumn(H5File const& file, std::string const& dataset) : rows_(file, dataset) {}
  std::span<std::uint64_t const> read(Range rows);

 private:
  H5Rows rows_;
  std::vector<std::uint32_t> narrow_;
  std::vector<std::uint64_t> ids_;
};

/// Dark matter of one file in blocks, as the file holds it. Must not outlive the file.
class H5DarkMatterColumns {
 public:
  struct Names {
    std::string position, velocity, id, mass;
  };
  H5DarkMatterColumns(H5File const& file, Names names);
  /// A block that stays in the cache.
  std::int64_t block_rows() const;
  /// \param fixed_mass  that of every particle; 0: the masses are read
  DarkMatterBlock read(Range rows, double fixed_mass);

 private:
  H5File const& file_;
  std::string mass_name_;
  H5RealColumn position_, velocity_;
  H5IdColumn id_;
  std::optional<H5RealColumn> mass_;
};

}  // namespace setsz
