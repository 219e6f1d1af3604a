// SPDX-License-Identifier: BSD-3-Clause
#include "io/h5_rows.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "io/h5_space.hpp"
#include "io/h5_types.hpp"

namespace setsz {

H5Rows::H5Rows(H5File const& file, std::string const& dataset)
    : name_(concat("'", dataset, "' of '", file.path(), "'")),
      info_(file.info(dataset)),
      data_(H5Dopen2(file.raw(), dataset.c_str(), H5P_DEFAULT), "open " + name_),
      owner_(H5Iget_file_id(data_.get()), "find the file of " + name_),
      space_(H5Dget_space(data_.get()), "read the shape of " + name_) {
  require(!info_.shape.empty(), ExitCode::bad_data, name_, " is a single number, not a table");
  for (std::size_t d = 1; d < info_.shape.size(); ++d) values_per_row_ *= info_.shape[d];
  find_in_file();
}

/// Decides whether the bytes in a file are the values, and in which: an external link or a mounted
/// file puts the dataset into another one than that which was opened. Where the object itself says
/// nothing certain, HDF5 reads.
void H5Rows::find_in_file() {
  H5<H5Tclose> const type(H5Dget_type(data_.get()), "read a type");
  bool const native = H5Tequal(type.get(), h5::memory_type(info_.type)) > 0;
  H5<H5Pclose> const creation(H5Dget_create_plist(data_.get()), "read a layout");
  bool const contiguous = H5Pget_layout(creation.get()) == H5D_CONTIGUOUS &&
                          H5Pget_nfilters(creation.get()) == 0 &&
                          H5Pget_external_count(creation.get()) == 0;
  H5<H5Pclose> const file_creation(H5Fget_create_plist(owner_.get()), "read a file's properties");
  hsize_t user_block = 1;
  H5Pget_userblock(file_creation.get(), &user_block);
  H5<H5Pclose> const access(H5Fget_access_plist(owner_.get()), "read a file's properties");
  bool const plain_file = user_block == 0 && H5Pget_driver(access.get()) == H5FD_SEC2;
  if (!native || !contiguous || !plain_file) return;
  haddr_t const offset = H5Dget_offset(data_.get());
  void* handle = nullptr;
  bool const found =
      offset != HADDR_UNDEF && H5Fget_vfd_handle(owner_.get(), H5P_DEFAULT, &handle) >= 0 && handle;
  H5Eclear2(H5E_DEFAULT);
  if (!found) return;
  descriptor_ = *static_cast<int const*>(handle);
  offset_ = offset;
}

void H5Rows::read_directly(std::int64_t first_byte, std::span<std::byte> into) const {
  while (!into.empty()) {
    // One call moves at most 2^31 - 4096 bytes on Linux, and may always move fewer.
    auto const n = ::pread(descriptor_, into.data(), into.size(), first_byte);
    if (n < 0 && errno == EINTR) continue;
    require(n >= 0, ExitCode::io, "cannot read ", name_, " (", std::strerror(errno), ")");
    require(n > 0, ExitCode::bad_data, "cannot read ", name_, " (the file ends at byte ",
            first_byte, "); the file is truncated: download it again");
    first_byte += n;
    into = into.subspan(n);
  }
}

void H5Rows::read_through_hdf5(Range rows, void* into) const {
  h5::Shape const shape(info_.shape.begin(), info_.shape.end());
  auto const memory = h5::select_rows(space_.get(), shape, rows);
  if (H5Dread(data_.get(), h5::memory_type(info_.type), memory.get(), space_.get(), H5P_DEFAULT,
              into) < 0) {
    h5::fail_reading(concat("rows ", rows.first, " to ", rows.last, " of ", name_));
  }
}

template <class T>
void H5Rows::read(Range rows, std::span<T> into) const {
  auto const bits = [](H5Type type) { return type == H5Type::int64 ? H5Type::uint64 : type; };
  require(bits(h5::type_of<T>()) == bits(type()) && rows.first >= 0 && rows.first <= rows.last &&
              rows.last <= n_rows() && std::ssize(into) == rows.size() * values_per_row_,
          ExitCode::internal, "rows ", rows.first, " to ", rows.last, " of ", name_,
          " do not fit a buffer of ", into.size(), " numbers of type ", name_of(h5::type_of<T>()));
  constexpr std::int64_t value_bytes = sizeof(T);
  auto const row_bytes = values_per_row_ * value_bytes;
  if (is_direct()) {
    read_directly(offset_ + rows.first * row_bytes, std::as_writable_bytes(into));
    return;
  }
  auto const piece =
      std::max<std::int64_t>(1, H5File::max_bytes_per_call / std::max<std::int64_t>(1, row_bytes));
  for (auto first = rows.first; first < rows.last && !into.empty(); first += piece) {
    read_through_hdf5({first, std::min(first + piece, rows.last)},
                      into.data() + (first - rows.first) * values_per_row_);
  }
}

#define SETSZ_INSTANTIATE(T) template void H5Rows::read<T>(Range, std::span<T>) const;
SETSZ_FOR_EACH_NUMBER(SETSZ_INSTANTIATE)
#undef SETSZ_INSTANTIATE

}  // namespace setsz
