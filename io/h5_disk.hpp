// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <hdf5.h>

#include <cstdint>
#include <optional>
#include <string>

#include "pipeline/base/file.hpp"

namespace setsz::h5 {

/// The file on the disk below an HDF5 file that one process lays out: a virtual file driver, so
/// that HDF5 reads and writes through pipeline/base/file.
///
/// HDF5 never hears of a failed write: the first failure is kept for `check`, and what HDF5 writes
/// after it is left out. It can therefore always close the file; told of the failure, its exit
/// handler crashes. Local.
class Disk {
 public:
  /// Creates (truncates) the file.
  explicit Disk(std::string path) : file_(std::move(path), durable::OpenMode::create) {}

  /// Lets H5Fcreate use this driver. \pre this object outlives the HDF5 file
  void use_in(hid_t access_list);
  /// While it is set, HDF5's own writes of raw data are left out: the fill values of new chunks.
  /// Reserved space reads as zeros, which is a chunk of zeros with its checksum.
  void set_skips_raw_data(bool skips) { skips_raw_data_ = skips; }
  /// Takes the space of everything that HDF5 has given an address.
  void reserve();
  /// Throws the first failure, if there was one.
  void check() const;
  durable::File& file() { return file_; }

 private:
  struct Driver;
  void note_failure(auto&& body);

  durable::File file_;
  std::int64_t end_ = 0;       ///< of the addresses that HDF5 has given away
  std::int64_t file_end_ = 0;  ///< of the file on the disk
  bool skips_raw_data_ = false;
  std::optional<Error> failure_;
};

}  // namespace setsz::h5
