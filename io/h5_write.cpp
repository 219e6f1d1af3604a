// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <numeric>

#include "io/h5.hpp"
#include "io/h5_space.hpp"
#include "io/h5_types.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {

namespace {

/// Chunks of about 1 MB (more in large datasets, so that there are a few thousand of them): whole
/// rows if they are small, else parts of one row. A function of the shape alone.
h5::Shape chunk_of(h5::Shape const& shape, std::size_t value_bytes) {
  double bytes = real(value_bytes);
  for (auto const n : shape) bytes *= real(n);
  constexpr double mega = 1 << 20;
  auto const wanted = static_cast<hsize_t>(std::clamp(bytes / 4096, mega, 16 * mega));
  auto chunk = shape;
  for (std::int64_t d = 0; d < std::ssize(shape); ++d) {
    h5::Shape const inner(shape.begin() + d, shape.end());
    hsize_t const rest = value_bytes * h5::values_per_row(inner);
    auto const most = std::clamp<hsize_t>(wanted / rest, 1, shape[d]);
    auto const n_chunks = (shape[d] + most - 1) / most;
    chunk[d] = (shape[d] + n_chunks - 1) / n_chunks;  // equal ones: the last is stored in full
    if (chunk[d] > 1) break;
  }
  return chunk;
}

/// Rows that one call writes: whole chunks, so that a chunk is not read back to be completed.
std::int64_t piece_rows(hid_t dataset, std::int64_t row_bytes) {
  auto const piece = std::max<std::int64_t>(1, H5File::max_bytes_per_call / row_bytes);
  H5<H5Pclose> const creation(H5Dget_create_plist(dataset), "read a layout");
  if (H5Pget_layout(creation.get()) != H5D_CHUNKED) return piece;
  h5::Shape chunk(H5S_MAX_RANK);
  H5Pget_chunk(creation.get(), H5S_MAX_RANK, chunk.data());
  std::int64_t const chunk_rows = chunk[0];
  return piece < chunk_rows ? piece : piece / chunk_rows * chunk_rows;
}

}  // namespace

void H5File::create_group(std::string const& name) {
  std::string prefix;
  for (auto const& part : split(name, '/')) {
    if (part.empty()) continue;
    prefix += "/" + part;
    if (exists(prefix)) continue;
    H5<H5Pclose> creation(H5Pcreate(H5P_GROUP_CREATE), "make a group creation list");
    H5Pset_obj_track_times(creation.get(), false);
    hid_t const group = H5Gcreate2(id(), prefix.c_str(), H5P_DEFAULT, creation.get(), H5P_DEFAULT);
    agree(group >= 0 && H5Gclose(group) >= 0, concat("create group '", prefix, "' of"));
  }
}

void H5File::write_attribute(std::string const& object, std::string const& name, hid_t type,
                             hsize_t const* count, void const* data) {
  auto const owner = open_object(object);
  H5<H5Sclose> const space(count ? H5Screate_simple(1, count, nullptr) : H5Screate(H5S_SCALAR),
                           "make a space");
  if (H5Aexists(owner.get(), name.c_str()) > 0) H5Adelete(owner.get(), name.c_str());
  hid_t const attribute =
      H5Acreate2(owner.get(), name.c_str(), type, space.get(), H5P_DEFAULT, H5P_DEFAULT);
  bool const empty = count && *count == 0;
  bool const ok = attribute >= 0 && (empty || H5Awrite(attribute, type, data) >= 0);
  agree(ok && H5Aclose(attribute) >= 0,
        concat("write attribute '", name, "' of '", object, "' in"));
}

template <class T>
requires(std::is_arithmetic_v<T> || std::is_same_v<T, std::string>)  //
    void H5File::set_attribute(std::string const& object, std::string const& name, T const& value) {
  if constexpr (std::is_same_v<T, std::string>) {
    H5<H5Tclose> type(H5Tcopy(H5T_C_S1), "make a text type");
    H5Tset_size(type.get(), std::max<std::size_t>(1, value.size()));
    H5Tset_strpad(type.get(), H5T_STR_NULLPAD);
    H5Tset_cset(type.get(), H5T_CSET_UTF8);
    write_attribute(object, name, type.get(), nullptr, value.c_str());
  } else {
    write_attribute(object, name, h5::file_type(h5::type_of<T>()), nullptr, &value);
  }
}

template <class T>
void H5File::set_attribute_list(std::string const& object, std::string const& name,
                                std::vector<T> const& values) {
  hsize_t const count = values.size();
  if constexpr (std::is_same_v<T, std::string>) {
    std::size_t length = 1;
    for (auto const& value : values) length = std::max(length, value.size());
    std::string all;
    for (auto const& value : values) all += value + std::string(length - value.size(), '\0');
    H5<H5Tclose> type(H5Tcopy(H5T_C_S1), "make a text type");
    H5Tset_size(type.get(), length);
    H5Tset_strpad(type.get(), H5T_STR_NULLPAD);
    H5Tset_cset(type.get(), H5T_CSET_UTF8);
    write_attribute(object, name, type.get(), &count, all.data());
  } else {
    write_attribute(object, name, h5::file_type(h5::type_of<T>()), &count, values.data());
  }
}

template <class T>
void H5File::create_dataset(std::string const& name, FieldInfo const& info, std::int64_t total_rows,
                            std::vector<std::int64_t> const& row_shape) {
  auto const slash = name.rfind('/');
  if (slash != std::string::npos && slash > 0) create_group(name.substr(0, slash));
  h5::Shape shape(row_shape.begin(), row_shape.end());
  shape.insert(shape.begin(), total_rows);

  H5<H5Pclose> creation(H5Pcreate(H5P_DATASET_CREATE), "make a dataset creation list");
  H5Pset_obj_track_times(creation.get(), false);
  if (std::find(shape.begin(), shape.end(), hsize_t{0}) == shape.end()) {
    auto const chunk = chunk_of(shape, sizeof(T));
    H5Pset_chunk(creation.get(), int(chunk.size()), chunk.data());
    H5Pset_fletcher32(creation.get());
  }
  auto const space = h5::make_space(shape);
  hid_t const dataset = H5Dcreate2(id(), name.c_str(), h5::file_type(h5::type_of<T>()), space.get(),
                                   H5P_DEFAULT, creation.get(), H5P_DEFAULT);
  agree(dataset >= 0 && H5Dclose(dataset) >= 0, concat("create dataset '", name, "' of"));
  set_attribute(name, "unit", info.unit);
  set_attribute(name, "a_power", info.a_power);
  set_attribute(name, "h_power", info.h_power);
  set_attribute(name, "frame", info.frame);
  set_attribute(name, "description", info.description);
}

void H5File::write_piece(std::string const& name, hid_t dataset, hid_t memory_type,
                         std::vector<hsize_t> const& shape, Range rows, void const* data) {
  H5<H5Sclose> const file_space(H5Dget_space(dataset), "read a shape");
  auto const memory = h5::select_rows(file_space.get(), shape, rows);
  H5<H5Pclose> const transfer(H5Pcreate(H5P_DATASET_XFER), "make a transfer list");
  if (comm_) {
    H5Pset_dxpl_mpio(transfer.get(), H5FD_MPIO_COLLECTIVE);
    H5Pset_dxpl_mpio_chunk_opt(transfer.get(), H5FD_MPIO_CHUNK_ONE_IO);
  }
  bool const ok =
      H5Dwrite(dataset, memory_type, memory.get(), file_space.get(), transfer.get(), data) >= 0;
  agree(ok, concat("write rows of '", name, "' to"));
  if (comm_) {
    std::uint32_t local = 0, global = 0;
    H5Pget_mpio_no_collective_cause(transfer.get(), &local, &global);
    all_writes_collective_ = all_writes_collective_ && global == H5D_MPIO_COLLECTIVE;
  }
  mark_progress("writing");
}

template <class T>
void H5File::write_rows(std::string const& name, std::int64_t first_row,
                        std::span<T const> values) {
  auto const dataset = open_dataset(name);
  auto const shape = h5::shape_of_dataset(dataset.get());
  auto const values_per_row = h5::values_per_row(shape);
  auto const n_values = std::ssize(values);
  auto const n_rows = values_per_row > 0 ? n_values / values_per_row : 0;
  auto const check = [&] {
    H5<H5Tclose> const type(H5Dget_type(dataset.get()), "read a type");
    require(h5::classify(type.get()) == h5::type_of<T>(), ExitCode::internal, "'", name, "' of '",
            path_, "' is ", h5::describe(type.get()), ", not ", name_of(h5::type_of<T>()));
    require(n_rows * values_per_row == n_values && first_row >= 0 &&
                std::cmp_less_equal(first_row + n_rows, shape[0]),
            ExitCode::internal, n_values, " values at row ", first_row, " do not fit '", name,
            "' of '", path_, "' with ", shape[0], " rows of ", values_per_row);
  };
  agree_on(check);
  if (std::find(shape.begin(), shape.end(), hsize_t{0}) != shape.end()) return;

  // Pieces end at multiples of `piece`; every rank makes as many calls as the one with most.
  constexpr std::int64_t value_bytes = sizeof(T);
  auto const piece = piece_rows(dataset.get(), values_per_row * value_bytes);
  auto const last_row = first_row + n_rows;
  std::int64_t n_calls = n_rows > 0 ? (last_row - 1) / piece - first_row / piece + 1 : 0;
  if (comm_) n_calls = comm_->all_max(n_calls);
  auto first = first_row;
  for (std::int64_t call = 0; call < n_calls; ++call) {
    auto const last = std::max(first, std::min(last_row, (first / piece + 1) * piece));
    T const* const data = values.data() + (first - first_row) * values_per_row;
    write_piece(name, dataset.get(), h5::memory_type(h5::type_of<T>()), shape, {first, last}, data);
    remember(name, h5::type_of<T>(), {first, last}, data,
             (last - first) * values_per_row * value_bytes);
    first = last;
  }
}

template <class T>
void H5File::write_spread(std::string const& name, FieldInfo const& info,
                          std::vector<T> const& values,
                          std::vector<std::int64_t> const& row_shape) {
  auto const values_per_row =
      std::accumulate(row_shape.begin(), row_shape.end(), std::int64_t{1}, std::multiplies<>());
  auto const n_rows = std::ssize(values) / std::max<std::int64_t>(1, values_per_row);
  create_dataset<T>(name, info, comm_ ? comm_->all_sum(n_rows) : n_rows, row_shape);
  write_rows(name, comm_ ? comm_->sum_before(n_rows) : 0, std::span<T const>(values));
}

template <class T>
void H5File::write_same(std::string const& name, FieldInfo const& info,
                        std::vector<T> const& values, std::vector<std::int64_t> const& row_shape) {
  auto const values_per_row =
      std::accumulate(row_shape.begin(), row_shape.end(), std::int64_t{1}, std::multiplies<>());
  create_dataset<T>(name, info, std::ssize(values) / std::max<std::int64_t>(1, values_per_row),
                    row_shape);
  bool const mine = !comm_ || comm_->is_root();
  write_rows(name, 0, mine ? std::span<T const>(values) : std::span<T const>());
}

#define SETSZ_INSTANTIATE(T)                                                                       \
  template void H5File::set_attribute<T>(std::string const&, std::string const&, T const&);        \
  template void H5File::set_attribute_list<T>(std::string const&, std::string const&,              \
                                              std::vector<T> const&);                              \
  template void H5File::create_dataset<T>(std::string const&, FieldInfo const&, std::int64_t,      \
                                          std::vector<std::int64_t> const&);                       \
  template void H5File::write_rows<T>(std::string const&, std::int64_t, std::span<T const>);       \
  template void H5File::write_spread<T>(std::string const&, FieldInfo const&,                      \
                                        std::vector<T> const&, std::vector<std::int64_t> const&);  \
  template void H5File::write_same<T>(std::string const&, FieldInfo const&, std::vector<T> const&, \
                                      std::vector<std::int64_t> const&);
SETSZ_FOR_EACH_NUMBER(SETSZ_INSTANTIATE)
#undef SETSZ_INSTANTIATE
template void H5File::set_attribute<std::string>(std::string const&, std::string const&,
                                                 std::string const&);
template void H5File::set_attribute_list<std::string>(std::string const&, std::string const&,
                                                      std::vector<std::string> const&);

}  // namespace setsz
