// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>

#include "io/h5.hpp"
#include "io/h5_commentary.hpp"
#include "io/h5_types.hpp"
#include "pipeline/base/file.hpp"
#include "pipeline/base/hash.hpp"
#include "pipeline/base/log.hpp"

namespace setsz {

namespace {

template <class T>
void add_rows(Hash& hash, H5File const& file, std::string const& name, DatasetInfo const& info) {
  std::int64_t row_bytes = sizeof(T);
  for (std::size_t d = 1; d < info.shape.size(); ++d) row_bytes *= info.shape[d];
  std::int64_t const n_rows = info.shape.empty() ? 1 : info.shape[0];
  auto const piece =
      std::max<std::int64_t>(1, (std::int64_t{32} << 20) / std::max<std::int64_t>(1, row_bytes));
  for (std::int64_t first = 0; first < n_rows; first += piece) {
    auto const values = file.read_rows<T>(name, {first, std::min(n_rows, first + piece)});
    hash.add_bytes(values.data(), values.size() * sizeof(T));
    mark_progress("reading back");
  }
}

void add_dataset(Hash& hash, H5File const& file, std::string const& name) {
  auto const info = file.info(name);
  hash.add(name_of(info.type)).add(std::ssize(info.shape));
  for (auto const n : info.shape) hash.add(n);
  bool const is_number =
      h5::with_number_of(info.type, [&]<class T>(T) { add_rows<T>(hash, file, name, info); });
  require(is_number, ExitCode::bad_data, "'", name, "' of '", file.path(),
          "' has a type that no product of setsz has");
}

/// The bytes of an attribute in the type it is stored in.
void add_attribute(Hash& hash, hid_t owner, std::string const& name) {
  H5<H5Aclose> const attribute(H5Aopen(owner, name.c_str(), H5P_DEFAULT), "open an attribute");
  H5<H5Tclose> const type(H5Aget_type(attribute.get()), "read a type");
  H5<H5Sclose> const space(H5Aget_space(attribute.get()), "read a shape");
  require(H5Tis_variable_str(type.get()) <= 0 && H5Tget_class(type.get()) != H5T_VLEN,
          ExitCode::bad_data, "attribute '", name, "' has a variable length");
  auto const count = H5Sget_simple_extent_npoints(space.get());
  std::vector<char> bytes(H5Tget_size(type.get()) * count);
  if (!bytes.empty() && H5Aread(attribute.get(), type.get(), bytes.data()) < 0) {
    fail(ExitCode::bad_data, "cannot read attribute '", name, "' (", h5_reason(), ")");
  }
  hash.add(name).add(h5::describe(type.get())).add(std::string_view(bytes.data(), bytes.size()));
}

void add_object(Hash& hash, H5File const& file, hid_t id, std::string const& name) {
  hash.add(name);
  H5<H5Oclose> const object(H5Oopen(id, name.c_str(), H5P_DEFAULT), "open an object");
  for (auto const& attribute : file.attribute_names(name)) {
    if (!h5::is_commentary(attribute)) add_attribute(hash, object.get(), attribute);
  }
  if (!file.is_group(name)) return add_dataset(hash, file, name);
  for (auto const& member : file.members(name)) {
    add_object(hash, file, id, name == "/" ? "/" + member : name + "/" + member);
  }
}

}  // namespace

std::string h5_content_hash(std::string const& path) {
  // The content on the disk counts, not what memory still holds.
  durable::File(path, durable::OpenMode::read).forget_cached();
  auto const file = H5File::open(path);
  Hash hash;
  add_object(hash, file, file.raw(), "/");
  return hash.hex();
}

}  // namespace setsz
