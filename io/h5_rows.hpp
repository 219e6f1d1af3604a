// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "io/h5.hpp"

namespace setsz {

/// Rows of one dataset, read as they are stored and in many pieces: the dataset stays open.
///
/// Data that the file holds as memory does (contiguous, no filter, native numbers) are read from
/// their place in the file that holds them with pread, which copies them once. Chunks of whole rows
/// that have no filter but a checksum are fetched as they are, checked here, and kept until another
/// one is needed. All others (virtual datasets, other raw storage, compressed chunks) go through
/// H5Dread. Local. Must not outlive the file.
class H5Rows {
 public:
  /// Errors as H5File::info has them.
  H5Rows(H5File const& file, std::string const& dataset);

  H5Type type() const { return info_.type; }
  std::int64_t n_rows() const { return info_.shape[0]; }
  std::int64_t values_per_row() const { return values_per_row_; }
  bool is_direct() const { return offset_ >= 0; }
  /// Does a read of few rows cost little more than their share of a large one?
  bool reads_small_pieces() const { return is_direct() || chunk_rows_ > 0; }

  /// \pre T is the stored type (int64 and uint64 read each other's bits); `into` has the size of
  /// the rows
  template <class T>
  void read(Range rows, std::span<T> into) const;

 private:
  void find_in_file(hid_t creation);
  void find_chunks(hid_t creation);
  bool hold(std::int64_t chunk) const;
  void read_chunks(Range rows, std::span<std::byte> into) const;
  void read_directly(std::int64_t first_byte, std::span<std::byte> into) const;
  void read_through_hdf5(Range rows, void* into) const;

  std::string name_;  ///< "'/PartType1/Coordinates' of 'snap.0.hdf5'"
  DatasetInfo info_;
  std::int64_t values_per_row_ = 1;
  H5<H5Dclose> data_;
  H5<H5Fclose> owner_;  ///< the file that holds the data: another one behind an external link
  H5<H5Sclose> space_;
  int descriptor_ = -1;
  std::int64_t offset_ = -1;     ///< of the first row in the file; -1: not to be read directly
  std::int64_t chunk_rows_ = 0;  ///< 0: HDF5 has to read the chunks
  std::int64_t row_bytes_ = 0;
  bool has_checksum_ = false;             ///< behind every chunk
  mutable std::int64_t held_ = -1;        ///< number of the chunk in `chunk_`
  mutable std::vector<std::byte> chunk_;  ///< as stored
};

}  // namespace setsz
