// SPDX-License-Identifier: BSD-3-Clause
#include "io/h5_disk.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>

#include "io/h5.hpp"

namespace setsz::h5 {

void Disk::note_failure(auto&& body) {
  if (failure_) return;
  try {
    body();
  } catch (Error const& error) {
    failure_ = error;
  }
}

/// HDF5's table of functions. \source HDF5 Virtual File Layer, H5FDpublic.h
struct Disk::Driver {
  /// What HDF5 hands to each function.
  struct Open {
    H5FD_t head;  // first: HDF5 fills it
    Disk* disk;
  };
  static Disk& disk(H5FD_t* open) { return *reinterpret_cast<Open*>(open)->disk; }
  static Disk const& disk(H5FD_t const* open) { return *reinterpret_cast<Open const*>(open)->disk; }

  static H5FD_t* open(char const*, unsigned, hid_t access, haddr_t) {
    auto const* const info = static_cast<Disk* const*>(H5Pget_driver_info(access));
    auto* const opened = info ? new (std::nothrow) Open{} : nullptr;
    if (!opened) return nullptr;
    opened->disk = *info;
    return &opened->head;
  }
  static herr_t close(H5FD_t* open) {
    delete reinterpret_cast<Open*>(open);
    return 0;
  }
  static int compare(H5FD_t const* a, H5FD_t const* b) {
    return std::less<>()(&disk(a), &disk(b)) ? -1 : &disk(a) != &disk(b);
  }
  static herr_t query(H5FD_t const*, unsigned long* features) {
    *features = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA;
    return 0;
  }
  static haddr_t end_of_addresses(H5FD_t const* open, H5FD_mem_t) { return disk(open).end_; }
  static herr_t set_end_of_addresses(H5FD_t* open, H5FD_mem_t, haddr_t end) {
    disk(open).end_ = end;
    return 0;
  }
  static haddr_t end_of_file(H5FD_t const* open, H5FD_mem_t) { return disk(open).file_end_; }

  static herr_t read(H5FD_t* open, H5FD_mem_t, hid_t, haddr_t address, std::size_t bytes,
                     void* into) {
    auto& from = disk(open);
    std::int64_t got = 0;
    from.note_failure(
        [&] { got = from.file_.read_at(std::int64_t(address), into, std::int64_t(bytes)); });
    std::memset(static_cast<char*>(into) + got, 0, bytes - got);
    return 0;
  }
  static herr_t write(H5FD_t* open, H5FD_mem_t type, hid_t, haddr_t address, std::size_t bytes,
                      void const* data) {
    auto& to = disk(open);
    if (to.skips_raw_data_ && type == H5FD_MEM_DRAW) return 0;
    auto const first = std::int64_t(address), count = std::int64_t(bytes);
    to.note_failure([&] { to.file_.write_at(first, data, count); });
    to.file_end_ = std::max(to.file_end_, first + count);
    return 0;
  }
  static herr_t truncate(H5FD_t* open, hid_t, hbool_t) {
    auto& file = disk(open);
    if (file.file_end_ != file.end_) file.note_failure([&] { file.file_.resize(file.end_); });
    file.file_end_ = file.end_;
    return 0;
  }

  static hid_t registered() {
    static hid_t const id = [] {
      H5FD_class_t table{};
#ifdef H5FD_CLASS_VERSION  // since HDF5 1.14
      table.version = H5FD_CLASS_VERSION;
      table.value = H5FD_class_value_t(600);  // of the range for drivers that are not published
#endif
      table.name = "setsz";
      table.maxaddr = std::numeric_limits<std::int64_t>::max();
      table.fc_degree = H5F_CLOSE_STRONG;
      table.fapl_size = sizeof(Disk*);
      table.open = open;
      table.close = close;
      table.cmp = compare;
      table.query = query;
      table.get_eoa = end_of_addresses;
      table.set_eoa = set_end_of_addresses;
      table.get_eof = end_of_file;
      table.read = read;
      table.write = write;
      table.truncate = truncate;
      H5FD_mem_t const kinds[] = H5FD_FLMAP_DICHOTOMY;
      std::copy(std::begin(kinds), std::end(kinds), std::begin(table.fl_map));
      return H5FDregister(&table);
    }();
    return id;
  }
};

void Disk::use_in(hid_t access_list) {
  Disk* const self = this;
  require(H5Pset_driver(access_list, Driver::registered(), &self) >= 0, ExitCode::internal,
          "HDF5 does not accept the file driver (", h5_reason(), ")");
}

void Disk::reserve() {
  if (end_ <= file_end_) return;
  note_failure([&] { file_.reserve(end_); });
  file_end_ = end_;
}

void Disk::check() const {
  if (failure_) throw *failure_;
}

}  // namespace setsz::h5
