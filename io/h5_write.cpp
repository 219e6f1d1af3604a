// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <cstring>
#include <numeric>

#include "io/h5.hpp"
#include "io/h5_commentary.hpp"
#include "io/h5_output.hpp"
#include "io/h5_types.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {

namespace {

/// How a part of a chunk travels; its bytes follow.
struct PartHead {
  std::int64_t chunk, first, bytes;
};

void pack(std::vector<std::byte>& message, h5::ChunkPart const& part) {
  PartHead const head{part.chunk, part.first, std::ssize(part.bytes)};
  auto const begin = std::as_bytes(std::span(&head, 1));
  message.insert(message.end(), begin.begin(), begin.end());
  message.insert(message.end(), part.bytes.begin(), part.bytes.end());
}

/// In the order of the chunks.
std::vector<h5::ChunkPart> unpack(std::span<std::byte const> messages) {
  std::vector<h5::ChunkPart> parts;
  while (!messages.empty()) {
    PartHead head{};
    std::memcpy(&head, messages.data(), sizeof head);
    messages = messages.subspan(sizeof head);
    parts.push_back({head.chunk, head.first, messages.first(head.bytes)});
    messages = messages.subspan(head.bytes);
  }
  std::stable_sort(parts.begin(), parts.end(),
                   [](auto const& a, auto const& b) { return a.chunk < b.chunk; });
  return parts;
}

/// The values `first`, ... cut at the borders of chunks.
std::vector<h5::ChunkPart> cut(h5::ChunkMap const& map, std::int64_t first,
                               std::span<std::byte const> bytes) {
  std::vector<h5::ChunkPart> parts;
  while (!bytes.empty()) {
    auto const chunk = map.chunk_of(first);
    auto const n =
        std::min((map.values_of(chunk).last - first) * map.value_bytes, std::ssize(bytes));
    parts.push_back({chunk, first, bytes.first(n)});
    first += n / map.value_bytes;
    bytes = bytes.subspan(n);
  }
  return parts;
}

void write_chunks(durable::File& file, h5::ChunkMap const& map,
                  std::span<h5::ChunkPart const> parts) {
  for (std::size_t begin = 0, end = 0; begin < parts.size(); begin = end) {
    while (end < parts.size() && parts[end].chunk == parts[begin].chunk) ++end;
    h5::write_chunk(file, map, parts.subspan(begin, end - begin));
    mark_progress("writing");
  }
}

}  // namespace

void H5File::make_groups(std::string const& name) {
  std::string prefix;
  for (auto const& part : split(name, '/')) {
    if (part.empty()) continue;
    prefix += "/" + part;
    if (exists(prefix)) continue;
    H5<H5Pclose> const creation(H5Pcreate(H5P_GROUP_CREATE), "make a group creation list");
    H5Pset_obj_track_times(creation.get(), false);
    H5<H5Gclose> const group(
        H5Gcreate2(id(), prefix.c_str(), H5P_DEFAULT, creation.get(), H5P_DEFAULT),
        concat("create group '", prefix, "'"));
  }
}

void H5File::create_group(std::string const& name) {
  lay_out("create a group of", [&] { make_groups(name); });
}

/// Local, on the rank that has the file open.
void H5File::write_attribute(std::string const& object, std::string const& name, hid_t type,
                             hsize_t const* count, void const* data) {
  auto const owner = open_object(object);
  H5<H5Sclose> const space(count ? H5Screate_simple(1, count, nullptr) : H5Screate(H5S_SCALAR),
                           "make a space");
  if (H5Aexists(owner.get(), name.c_str()) > 0) H5Adelete(owner.get(), name.c_str());
  H5<H5Aclose> const attribute(
      H5Acreate2(owner.get(), name.c_str(), type, space.get(), H5P_DEFAULT, H5P_DEFAULT),
      concat("create attribute '", name, "' of '", object, "'"));
  bool const empty = count && *count == 0;
  require(empty || H5Awrite(attribute.get(), type, data) >= 0, ExitCode::io,
          "cannot write attribute '", name, "' of '", object, "' (", h5_reason(), ")");
}

void H5File::set_text(std::string const& object, std::string const& name, std::string const& text) {
  H5<H5Tclose> const type(H5Tcopy(H5T_C_S1), "make a text type");
  H5Tset_size(type.get(), std::max<std::size_t>(1, text.size()));
  H5Tset_strpad(type.get(), H5T_STR_NULLPAD);
  H5Tset_cset(type.get(), H5T_CSET_UTF8);
  write_attribute(object, name, type.get(), nullptr, text.c_str());
}

template <class T>
requires(std::is_arithmetic_v<T> || std::is_same_v<T, std::string>)  //
    void H5File::set_attribute(std::string const& object, std::string const& name, T const& value) {
  if constexpr (std::is_same_v<T, std::string>) {
    lay_out("write an attribute of", [&] { set_text(object, name, value); });
  } else {
    lay_out("write an attribute of", [&] {
      write_attribute(object, name, h5::file_type(h5::type_of<T>()), nullptr, &value);
    });
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
    lay_out("write an attribute of", [&] {
      H5<H5Tclose> const type(H5Tcopy(H5T_C_S1), "make a text type");
      H5Tset_size(type.get(), length);
      H5Tset_strpad(type.get(), H5T_STR_NULLPAD);
      H5Tset_cset(type.get(), H5T_CSET_UTF8);
      write_attribute(object, name, type.get(), &count, all.data());
    });
  } else {
    lay_out("write an attribute of", [&] {
      write_attribute(object, name, h5::file_type(h5::type_of<T>()), &count, values.data());
    });
  }
}

/// Local, on the rank that has the file open.
void H5File::make_dataset(std::string const& name, hid_t file_type, h5::Shape const& shape,
                          bool has_values) {
  H5<H5Pclose> const creation(H5Pcreate(H5P_DATASET_CREATE), "make a dataset creation list");
  H5Pset_obj_track_times(creation.get(), false);
  if (has_values) {
    auto const chunk = h5::chunk_shape(shape, H5Tget_size(file_type));
    H5Pset_chunk(creation.get(), int(chunk.size()), chunk.data());
    H5Pset_fletcher32(creation.get());
    H5Pset_alloc_time(creation.get(), H5D_ALLOC_TIME_EARLY);
    H5Pset_fill_time(creation.get(), H5D_FILL_TIME_ALLOC);
  }
  auto const space = h5::make_space(shape);
  output().disk->set_skips_raw_data(true);
  H5<H5Dclose> const dataset(H5Dcreate2(id(), name.c_str(), file_type, space.get(), H5P_DEFAULT,
                                        creation.get(), H5P_DEFAULT),
                             concat("create dataset '", name, "'"));
  output().disk->set_skips_raw_data(false);
  if (!has_values) return;
  auto& chunks = *output().datasets.at(name).chunks;
  chunks.address = h5::chunk_addresses(dataset.get(), shape, chunks);
}

void H5File::allocate(std::string const& name, FieldInfo const& info, H5Type type,
                      h5::Shape const& shape) {
  auto& made = output().datasets[name] = {type, shape, std::nullopt};
  bool const has_values = std::find(shape.begin(), shape.end(), hsize_t{0}) == shape.end();
  hid_t const file_type = h5::file_type(type);
  if (has_values) made.chunks = h5::chunk_map(shape, H5Tget_size(file_type));
  lay_out(concat("create dataset '", name, "' of"), [&] {
    auto const slash = name.rfind('/');
    if (slash != std::string::npos && slash > 0) make_groups(name.substr(0, slash));
    make_dataset(name, file_type, shape, has_values);
    set_text(name, "unit", info.unit);
    write_attribute(name, "a_power", h5::file_type(H5Type::float64), nullptr, &info.a_power);
    write_attribute(name, "h_power", h5::file_type(H5Type::float64), nullptr, &info.h_power);
    set_text(name, "frame", info.frame);
    set_text(name, "description", info.description);
    if (auto const physical = h5::physical_unit(info.unit)) {
      set_text(name, "astropy_unit", physical->text);
      write_attribute(name, "cgs", h5::file_type(H5Type::float64), nullptr, &physical->cgs);
    }
    output().disk->reserve();
  });
  if (comm_ && has_values) made.chunks->address = comm_->broadcast(made.chunks->address, 0);
}

template <class T>
void H5File::create_dataset(std::string const& name, FieldInfo const& info, std::int64_t total_rows,
                            std::vector<std::int64_t> const& row_shape) {
  h5::Shape shape(row_shape.begin(), row_shape.end());
  shape.insert(shape.begin(), total_rows);
  allocate(name, info, h5::type_of<T>(), shape);
}

void H5File::write_values(std::string const& name, std::int64_t first_value,
                          std::span<std::byte const> bytes) {
  auto const& map = *output().datasets.at(name).chunks;
  // Chunks that this rank has in full are its own affair. The others, which it may share with
  // other ranks or with other calls, always go through the same rank.
  std::vector<h5::ChunkPart> whole;
  std::vector<std::vector<std::byte>> to_others(comm_ ? comm_->size() : 1);
  for (auto const& part : cut(map, first_value, bytes)) {
    bool const small = map.chunk_bytes() < h5::large_chunk_bytes;
    bool const complete =
        std::ssize(part.bytes) == map.values_of(part.chunk).size() * map.value_bytes;
    if (complete && !small)
      whole.push_back(part);
    else
      pack(to_others[small ? 0 : part.chunk % std::ssize(to_others)], part);
  }
  auto const messages = comm_ ? comm_->exchange(to_others) : std::move(to_others[0]);
  auto const shared = unpack(messages);
  agree_on([&] {
    write_chunks(output().own_file(), map, whole);
    write_chunks(output().own_file(), map, shared);
  });
}

template <class T>
void H5File::write_rows(std::string const& name, std::int64_t first_row,
                        std::span<T const> values) {
  auto const n_values = std::ssize(values);
  std::int64_t values_per_row = 1;
  agree_on([&] {
    auto const found = output().datasets.find(name);
    require(found != output().datasets.end(), ExitCode::internal, "'", path_, "' has no dataset '",
            name, "' to write to");
    auto const& dataset = found->second;
    require(dataset.type == h5::type_of<T>(), ExitCode::internal, "'", name, "' of '", path_,
            "' is ", name_of(dataset.type), ", not ", name_of(h5::type_of<T>()));
    values_per_row = h5::values_per_row(dataset.shape);
    auto const n_rows = values_per_row > 0 ? n_values / values_per_row : 0;
    require(n_rows * values_per_row == n_values && first_row >= 0 &&
                std::cmp_less_equal(first_row + n_rows, dataset.shape[0]),
            ExitCode::internal, n_values, " values at row ", first_row, " do not fit '", name,
            "' of '", path_, "' with ", dataset.shape[0], " rows of ", values_per_row);
  });
  if (!output().datasets.at(name).chunks) return;
  constexpr std::int64_t value_bytes = sizeof(T);
  auto const piece = std::max<std::int64_t>(1, max_bytes_per_call / values_per_row / value_bytes);
  auto const last_row = first_row + n_values / values_per_row;
  for (auto first = first_row; first < last_row || first == first_row; first += piece) {
    auto const last = std::min(first + piece, last_row);
    remember(name, h5::type_of<T>(), {first, last},
             values.data() + (first - first_row) * values_per_row,
             (last - first) * values_per_row * value_bytes);
  }
  write_values(name, first_row * values_per_row, std::as_bytes(values));
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
