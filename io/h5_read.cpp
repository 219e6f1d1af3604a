// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <cmath>
#include <limits>

#include "io/h5.hpp"
#include "io/h5_sources.hpp"
#include "io/h5_space.hpp"
#include "io/h5_types.hpp"

namespace setsz {

namespace {

std::vector<std::string> parts_of(std::string const& name) {
  auto parts = split(name, '/');
  std::erase(parts, "");
  return parts;
}

std::vector<std::string> links_of(hid_t file, std::string const& group) {
  std::vector<std::string> names;
  H5Literate_by_name(
      file, group.c_str(), H5_INDEX_NAME, H5_ITER_INC, nullptr,
      [](hid_t, char const* name, H5L_info_t const*, void* list) -> herr_t {
        static_cast<std::vector<std::string>*>(list)->emplace_back(name);
        return 0;
      },
      &names, H5P_DEFAULT);
  return names;
}

std::string present(std::vector<std::string> const& names, std::string const& wanted) {
  if (names.empty()) return "there is nothing";
  auto shown = names;
  if (shown.size() > 30) {
    shown.resize(30);
    shown.emplace_back("...");
  }
  return concat("there is ", join(shown, ", "), suggestion(wanted, names));
}

/// Does this number survive in T?
template <class T, class Wide>
bool fits(Wide value) {
  if constexpr (std::is_floating_point_v<T>) {
    if constexpr (std::is_floating_point_v<Wide>) {
      return std::isnan(value) || static_cast<Wide>(static_cast<T>(value)) == value;
    } else {
      auto const limit = std::int64_t{1} << std::numeric_limits<T>::digits;
      return std::in_range<std::int64_t>(value) && std::cmp_less_equal(value, limit) &&
             std::cmp_greater_equal(value, -limit);
    }
  } else if constexpr (std::is_integral_v<Wide>) {
    return std::in_range<T>(value);
  } else {
    return false;  // a floating-point number is never an integer here
  }
}

std::vector<std::string> read_texts(hid_t attribute, hid_t type, std::size_t count) {
  std::vector<std::string> texts;
  if (H5Tis_variable_str(type) > 0) {
    std::vector<char*> pointers(count);
    H5<H5Tclose> memory(H5Tget_native_type(type, H5T_DIR_DEFAULT), "read a text type");
    if (H5Aread(attribute, memory.get(), pointers.data()) < 0) return {};
    for (char* pointer : pointers) {
      texts.emplace_back(pointer ? pointer : "");
      H5free_memory(pointer);
    }
    return texts;
  }
  std::size_t const length = H5Tget_size(type);
  std::string all(length * count, '\0');
  if (H5Aread(attribute, type, all.data()) < 0) return {};
  for (std::size_t i = 0; i < count; ++i) {
    std::string text = all.substr(i * length, length);
    text.resize(std::min(text.find('\0'), text.size()));
    if (H5Tget_strpad(type) == H5T_STR_SPACEPAD) {
      text.erase(text.find_last_not_of(' ') + 1);
    }
    texts.push_back(std::move(text));
  }
  return texts;
}

}  // namespace

bool H5File::exists(std::string const& name) const {
  std::string prefix;
  for (auto const& part : parts_of(name)) {
    prefix += "/" + part;
    if (H5Lexists(id(), prefix.c_str(), H5P_DEFAULT) <= 0) return false;
    if (H5Oexists_by_name(id(), prefix.c_str(), H5P_DEFAULT) <= 0) return false;
  }
  return true;
}

void H5File::require_object(std::string const& name) const {
  std::string prefix;
  for (auto const& part : parts_of(name)) {
    std::string const parent = prefix.empty() ? "/" : prefix;
    prefix += "/" + part;
    if (exists(prefix)) continue;
    auto const link = broken_link(id(), path_, prefix);
    require(link.empty(), ExitCode::bad_data, "'", path_, "': ", prefix, " is ", link);
    require(is_group(parent), ExitCode::bad_data, "'", path_, "' has no '", prefix, "' (", parent,
            " is not a group)");
    fail(ExitCode::bad_data, "'", path_, "' has no '", prefix, "' (in ", parent, " ",
         present(links_of(id(), parent), part), ")");
  }
}

bool H5File::is_group(std::string const& name) const {
  if (!exists(name)) return false;
  return H5Iget_type(open_object(name).get()) == H5I_GROUP;
}

std::vector<std::string> H5File::members(std::string const& group) const {
  require_object(group);
  require(is_group(group), ExitCode::bad_data, "'", group, "' of '", path_, "' is not a group");
  return links_of(id(), group);
}

H5<H5Oclose> H5File::open_object(std::string const& name) const {
  require_object(name);
  return H5<H5Oclose>(H5Oopen(id(), name.c_str(), H5P_DEFAULT),
                      concat("open '", name, "' of '", path_, "'"));
}

H5<H5Dclose> H5File::open_dataset(std::string const& name) const {
  require_object(name);
  require(!is_group(name), ExitCode::bad_data, "'", name, "' of '", path_,
          "' is a group (expected a dataset)");
  return H5<H5Dclose>(H5Dopen2(id(), name.c_str(), H5P_DEFAULT),
                      concat("open dataset '", name, "' of '", path_, "'"));
}

DatasetInfo H5File::info(std::string const& dataset) const {
  auto const data = open_dataset(dataset);
  H5<H5Tclose> const type(H5Dget_type(data.get()), "read a type");
  H5<H5Sclose> const space(H5Dget_space(data.get()), "read a shape");
  H5<H5Pclose> const creation(H5Dget_create_plist(data.get()), "read a layout");
  auto const shape = h5::shape_of_space(space.get());
  return {h5::classify(type.get()), std::vector<std::int64_t>(shape.begin(), shape.end()),
          H5Pget_layout(creation.get()) == H5D_CHUNKED};
}

template <class T>
void H5File::read_rows(std::string const& dataset, Range rows, std::span<T> into) const {
  auto const data = open_dataset(dataset);
  H5<H5Tclose> const type(H5Dget_type(data.get()), "read a type");
  auto const stored = h5::classify(type.get());
  constexpr auto wanted = h5::type_of<T>();
  require(h5::holds(wanted, stored), ExitCode::bad_data, "'", dataset, "' of '", path_,
          "' holds numbers of type ", h5::describe(type.get()), ", which ", name_of(wanted),
          " cannot keep (numbers are never narrowed or turned into another kind)");

  H5<H5Sclose> const space(H5Dget_space(data.get()), "read a shape");
  auto shape = h5::shape_of_space(space.get());
  if (shape.empty()) shape = {1};
  std::int64_t const n_rows = shape[0];
  require(rows.first >= 0 && rows.first <= rows.last && rows.last <= n_rows, ExitCode::bad_data,
          "rows ", rows.first, " to ", rows.last, " of '", dataset, "' in '", path_,
          "' were requested, which has ", n_rows, " rows");
  auto const values_per_row = h5::values_per_row(shape);
  require(std::ssize(into) == rows.size() * values_per_row, ExitCode::internal, "a buffer of ",
          into.size(), " values for ", rows.size(), " rows of '", dataset, "' of '", path_,
          "' with ", values_per_row, " values each");

  bool const scalar = H5Sget_simple_extent_type(space.get()) == H5S_SCALAR;
  std::int64_t const value_bytes = std::max(sizeof(T), H5Tget_size(type.get()));
  auto const row_bytes = std::max<std::int64_t>(1, values_per_row * value_bytes);
  auto const piece = std::max<std::int64_t>(1, max_bytes_per_call / row_bytes);
  for (auto first = rows.first; first < rows.last && values_per_row > 0; first += piece) {
    auto const last = std::min(first + piece, rows.last);
    auto const memory =
        scalar ? h5::make_space(shape) : h5::select_rows(space.get(), shape, {first, last});
    T* const target = into.data() + (first - rows.first) * values_per_row;
    if (H5Dread(data.get(), h5::memory_type(wanted), memory.get(), scalar ? H5S_ALL : space.get(),
                H5P_DEFAULT, target) < 0) {
      h5::fail_reading(
          concat("rows ", first, " to ", last, " of '", dataset, "' of '", path_, "'"));
    }
  }
}

template <class T>
std::vector<T> H5File::read_rows(std::string const& dataset, Range rows) const {
  auto const shape = info(dataset).shape;
  std::int64_t n = rows.size();
  for (std::size_t d = 1; d < shape.size(); ++d) n *= shape[d];
  std::vector<T> values(std::max<std::int64_t>(n, 0));
  read_rows(dataset, rows, std::span<T>(values));
  return values;
}

template <class T>
std::vector<T> H5File::read_all(std::string const& dataset) const {
  auto const shape = info(dataset).shape;
  return read_rows<T>(dataset, {0, shape.empty() ? 1 : shape[0]});
}

// ---- attributes --------------------------------------------------------------------------------

bool H5File::has_attribute(std::string const& object, std::string const& name) const {
  return exists(object) && H5Aexists_by_name(id(), object.c_str(), name.c_str(), H5P_DEFAULT) > 0;
}

std::vector<std::string> H5File::attribute_names(std::string const& object) const {
  auto const owner = open_object(object);
  std::vector<std::string> names;
  H5Aiterate2(
      owner.get(), H5_INDEX_NAME, H5_ITER_INC, nullptr,
      [](hid_t, char const* name, H5A_info_t const*, void* list) -> herr_t {
        static_cast<std::vector<std::string>*>(list)->emplace_back(name);
        return 0;
      },
      &names);
  std::sort(names.begin(), names.end());
  return names;
}

H5<H5Aclose> H5File::open_attribute(hid_t object_id, std::string const& object,
                                    std::string const& name) const {
  if (H5Aexists(object_id, name.c_str()) <= 0) {
    fail(ExitCode::bad_data, "'", object, "' of '", path_, "' has no attribute '", name, "' (",
         present(attribute_names(object), name), ")");
  }
  return H5<H5Aclose>(H5Aopen(object_id, name.c_str(), H5P_DEFAULT),
                      concat("open attribute '", name, "' of '", object, "' in '", path_, "'"));
}

template <class T>
std::vector<T> H5File::attribute_list(std::string const& object, std::string const& name) const {
  auto const owner = open_object(object);
  auto const attribute = open_attribute(owner.get(), object, name);
  H5<H5Tclose> const type(H5Aget_type(attribute.get()), "read a type");
  H5<H5Sclose> const space(H5Aget_space(attribute.get()), "read a shape");
  auto const count = std::max<hssize_t>(0, H5Sget_simple_extent_npoints(space.get()));
  auto const stored = h5::classify(type.get());
  std::string const where = concat("attribute '", name, "' of '", object, "' in '", path_, "'");

  if constexpr (std::is_same_v<T, std::string>) {
    require(stored == H5Type::text, ExitCode::bad_data, where, " holds ", h5::describe(type.get()),
            " (expected text)");
    auto texts = read_texts(attribute.get(), type.get(), count);
    if (std::ssize(texts) != count) h5::fail_reading(where);
    return texts;
  } else {
    // Few values: read at full width, then check each one.
    auto const read = [&]<class Wide>(Wide) {
      std::vector<Wide> wide(count);
      if (count > 0 &&
          H5Aread(attribute.get(), h5::memory_type(h5::type_of<Wide>()), wide.data()) < 0) {
        h5::fail_reading(where);
      }
      std::vector<T> values(count);
      for (hssize_t i = 0; i < count; ++i) {
        require(fits<T>(wide[i]), ExitCode::bad_data, where, " holds ", wide[i], " (",
                h5::describe(type.get()), "), which ", name_of(h5::type_of<T>()), " cannot keep");
        values[i] = static_cast<T>(wide[i]);
      }
      return values;
    };
    if (h5::holds(H5Type::int64, stored)) return read(std::int64_t{});
    if (stored == H5Type::uint64) return read(std::uint64_t{});
    if constexpr (!std::is_integral_v<T>)
      if (h5::holds(H5Type::float64, stored)) return read(double{});
    fail(ExitCode::bad_data, where, " holds ", h5::describe(type.get()), " (expected ",
         name_of(h5::type_of<T>()), ")");
  }
}

template <class T>
T H5File::attribute(std::string const& object, std::string const& name) const {
  auto const values = attribute_list<T>(object, name);
  require(values.size() == 1, ExitCode::bad_data, "attribute '", name, "' of '", object, "' in '",
          path_, "' holds ", values.size(), " values (expected one)");
  return values[0];
}

FieldInfo H5File::field_info(std::string const& dataset) const {
  return {attribute<std::string>(dataset, "unit"), attribute<double>(dataset, "a_power"),
          attribute<double>(dataset, "h_power"), attribute<std::string>(dataset, "frame"),
          attribute<std::string>(dataset, "description")};
}

#define SETSZ_INSTANTIATE(T)                                                         \
  template std::vector<T> H5File::read_rows<T>(std::string const&, Range) const;     \
  template void H5File::read_rows<T>(std::string const&, Range, std::span<T>) const; \
  template std::vector<T> H5File::read_all<T>(std::string const&) const;             \
  template T H5File::attribute<T>(std::string const&, std::string const&) const;     \
  template std::vector<T> H5File::attribute_list<T>(std::string const&, std::string const&) const;
SETSZ_FOR_EACH_NUMBER(SETSZ_INSTANTIATE)
#undef SETSZ_INSTANTIATE
template std::string H5File::attribute<std::string>(std::string const&, std::string const&) const;
template std::vector<std::string> H5File::attribute_list<std::string>(std::string const&,
                                                                      std::string const&) const;

}  // namespace setsz
