// SPDX-License-Identifier: BSD-3-Clause
#include "io/h5_rows.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "io/h5_chunks.hpp"
#include "io/h5_space.hpp"
#include "io/h5_types.hpp"

namespace setsz {

namespace {

/// Larger chunks are left to HDF5, which needs no memory for one of each column; smaller ones, too:
/// finding them costs more than reading.
constexpr std::int64_t largest_held_chunk = std::int64_t{4} << 20, smallest_held_chunk = 4096;
constexpr std::size_t checksum_bytes = 4;

/// Is this a checksum behind the chunk, and nothing else?
bool is_checksum_alone(hid_t creation) {
  unsigned flags = 0, settings = 0;
  std::size_t n_values = 0;
  return H5Pget_nfilters(creation) == 1 &&
         H5Pget_filter2(creation, 0, &flags, &n_values, nullptr, 0, nullptr, &settings) ==
             H5Z_FILTER_FLETCHER32;
}

bool checksum_holds(std::span<std::byte const> chunk) {
  auto const data = chunk.first(chunk.size() - checksum_bytes);
  std::uint32_t stored = 0;
  std::memcpy(&stored, chunk.data() + data.size(), sizeof stored);
  return h5::fletcher32(data) == stored;
}

}  // namespace

H5Rows::H5Rows(H5File const& file, std::string const& dataset)
    : name_(concat("'", dataset, "' of '", file.path(), "'")),
      info_(file.info(dataset)),
      data_(H5Dopen2(file.raw(), dataset.c_str(), H5P_DEFAULT), "open " + name_),
      owner_(H5Iget_file_id(data_.get()), "find the file of " + name_),
      space_(H5Dget_space(data_.get()), "read the shape of " + name_) {
  require(!info_.shape.empty(), ExitCode::bad_data, name_, " is a single number, not a table");
  for (std::size_t d = 1; d < info_.shape.size(); ++d) values_per_row_ *= info_.shape[d];
  H5<H5Tclose> const type(H5Dget_type(data_.get()), "read a type");
  if (H5Tequal(type.get(), h5::memory_type(info_.type)) <= 0) return;
  row_bytes_ = values_per_row_ * static_cast<std::int64_t>(H5Tget_size(type.get()));
  H5<H5Pclose> const creation(H5Dget_create_plist(data_.get()), "read a layout");
  find_in_file(creation.get());
  find_chunks(creation.get());
}

/// Decides whether the bytes in a file are the values, and in which: an external link or a mounted
/// file puts the dataset into another one than that which was opened. Where the object itself says
/// nothing certain, HDF5 reads.
void H5Rows::find_in_file(hid_t creation) {
  bool const contiguous = H5Pget_layout(creation) == H5D_CONTIGUOUS &&
                          H5Pget_nfilters(creation) == 0 && H5Pget_external_count(creation) == 0;
  H5<H5Pclose> const file_creation(H5Fget_create_plist(owner_.get()), "read a file's properties");
  hsize_t user_block = 1;
  H5Pget_userblock(file_creation.get(), &user_block);
  H5<H5Pclose> const access(H5Fget_access_plist(owner_.get()), "read a file's properties");
  bool const plain_file = user_block == 0 && H5Pget_driver(access.get()) == H5FD_SEC2;
  if (!contiguous || !plain_file) return;
  haddr_t const offset = H5Dget_offset(data_.get());
  void* handle = nullptr;
  bool const found =
      offset != HADDR_UNDEF && H5Fget_vfd_handle(owner_.get(), H5P_DEFAULT, &handle) >= 0 && handle;
  H5Eclear2(H5E_DEFAULT);
  if (!found) return;
  descriptor_ = *static_cast<int const*>(handle);
  offset_ = offset;
}

/// Chunks that are whole rows in the numbers of memory, of a size that can be held.
void H5Rows::find_chunks(hid_t creation) {
  if (H5Pget_layout(creation) != H5D_CHUNKED || row_bytes_ == 0) return;
  has_checksum_ = is_checksum_alone(creation);
  if (!has_checksum_ && H5Pget_nfilters(creation) != 0) return;
  h5::Shape extent(info_.shape.size());
  H5Pget_chunk(creation, static_cast<int>(extent.size()), extent.data());
  for (std::size_t d = 1; d < extent.size(); ++d)
    if (std::cmp_not_equal(extent[d], info_.shape[d])) return;
  if (std::cmp_greater(extent[0], largest_held_chunk / row_bytes_)) return;
  auto const rows = static_cast<std::int64_t>(extent[0]);
  if (rows * row_bytes_ >= smallest_held_chunk) chunk_rows_ = rows;
}

/// Fetches a chunk. \return false where HDF5 has to read it: it was never written, a filter was
/// left out, or it is damaged, and then HDF5 says so
bool H5Rows::hold(std::int64_t chunk) const {
  if (held_ == chunk) return true;
  held_ = -1;
  h5::Shape corner(info_.shape.size(), 0);
  corner[0] = hsize_t(chunk * chunk_rows_);
  chunk_.resize(chunk_rows_ * row_bytes_ + (has_checksum_ ? checksum_bytes : 0));
  hsize_t stored = 0;
  std::uint32_t left_out = 0;
  bool const fetched =
      H5Dget_chunk_storage_size(data_.get(), corner.data(), &stored) >= 0 &&
      stored == chunk_.size() &&
      H5Dread_chunk(data_.get(), H5P_DEFAULT, corner.data(), &left_out, chunk_.data()) >= 0 &&
      left_out == 0;
  if (!fetched) H5Eclear2(H5E_DEFAULT);
  if (!fetched || (has_checksum_ && !checksum_holds(chunk_))) return false;
  held_ = chunk;
  return true;
}

void H5Rows::read_chunks(Range rows, std::span<std::byte> into) const {
  for (Range part = rows; part.first < rows.last; part.first = part.last) {
    auto const chunk = part.first / chunk_rows_;
    part.last = std::min(rows.last, (chunk + 1) * chunk_rows_);
    auto const bytes = part.size() * row_bytes_;
    if (hold(chunk))
      std::memcpy(into.data(), chunk_.data() + (part.first - chunk * chunk_rows_) * row_bytes_,
                  bytes);
    else
      read_through_hdf5(part, into.data());
    into = into.subspan(bytes);
  }
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
  if (chunk_rows_ > 0) {
    read_chunks(rows, std::as_writable_bytes(into));
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
