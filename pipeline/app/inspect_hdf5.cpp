// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/app/inspect_hdf5.hpp"

#include <algorithm>
#include <cmath>
#include <iostream>
#include <limits>

#include "io/h5_sources.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/terminal.hpp"

namespace setsz {

namespace {

std::string shape_text(std::vector<std::int64_t> const& shape) {
  std::vector<std::string> parts;
  for (auto const n : shape) parts.push_back(std::to_string(n));
  return "(" + join(parts, ", ") + ")";
}

/// The value of an attribute, whatever its type, as text.
std::string attribute_text(H5File const& file, std::string const& object, std::string const& name) {
  auto const list = [&]<class T>(T) {
    std::vector<std::string> parts;
    for (auto const& value : file.attribute_list<T>(object, name)) parts.push_back(concat(value));
    return parts.size() == 1 ? parts[0] : "[" + join(parts, ", ") + "]";
  };
  // The reader refuses lossy conversions: the first type that succeeds is the right one.
  try {
    return list(std::int64_t{});
  } catch (Error const&) {
  }
  try {
    return list(double{});
  } catch (Error const&) {
  }
  try {
    return printable_text(file.attribute<std::string>(object, name));
  } catch (Error const&) {
    return "(unsupported type)";
  }
}

void show_attributes(H5File const& file, std::string const& object, std::string const& indent) {
  static std::vector<std::string> const of_fields{"unit",        "a_power",      "h_power", "frame",
                                                  "description", "astropy_unit", "cgs"};
  for (auto const& name : file.attribute_names(object)) {
    if (std::find(of_fields.begin(), of_fields.end(), name) != of_fields.end()) continue;
    std::cout << indent << "@" << printable_text(name) << " = "
              << attribute_text(file, object, name) << "\n";
  }
}

/// Range of the values of a dataset, read piece by piece.
template <class T>
std::string range_of(H5File const& file, std::string const& path, DatasetInfo const& info) {
  T least = std::numeric_limits<T>::max(), most = std::numeric_limits<T>::lowest();
  std::int64_t n = 0, n_bad = 0, per_row = 1;
  for (std::size_t d = 1; d < info.shape.size(); ++d) per_row *= info.shape[d];
  std::int64_t const n_rows = info.shape.empty() ? 1 : info.shape[0];
  auto const piece =
      std::max<std::int64_t>(1, (std::int64_t{1} << 20) / std::max<std::int64_t>(1, per_row));
  for (std::int64_t first = 0; first < n_rows; first += piece) {
    for (T const value : file.read_rows<T>(path, {first, std::min(first + piece, n_rows)})) {
      ++n;
      if constexpr (std::is_floating_point_v<T>) {
        if (!std::isfinite(value)) {
          ++n_bad;
          continue;
        }
      }
      least = std::min(least, value);
      most = std::max(most, value);
    }
  }
  if (n == n_bad) return n == 0 ? "no values" : concat("all ", n, " values are NaN or infinite");
  std::string const bad = n_bad > 0 ? concat(", ", n_bad, " NaN or infinite") : std::string();
  return concat("min ", least, ", max ", most, bad);
}

std::string values_text(H5File const& file, std::string const& path, DatasetInfo const& info) {
  try {
    switch (info.type) {
      case H5Type::text:
      case H5Type::other:
        return {};
      case H5Type::uint64:
        return range_of<std::uint64_t>(file, path, info);
      case H5Type::float32:
      case H5Type::float64:
        return range_of<double>(file, path, info);
      default:
        return range_of<std::int64_t>(file, path, info);
    }
  } catch (Error const& error) {
    return error.what();
  }
}

void show_dataset(H5File const& file, std::string const& path, std::string const& indent,
                  bool values) {
  auto const info = file.info(path);
  FieldInfo field;  // the files of simulations have none
  if (file.has_attribute(path, "unit") && file.has_attribute(path, "a_power"))
    field = file.field_info(path);
  std::cout << indent << printable_text(path.substr(path.rfind('/') + 1)) << "  "
            << name_of(info.type) << " " << shape_text(info.shape);
  if (!field.unit.empty()) std::cout << "  [" << field.unit << "]";
  if (!field.frame.empty()) std::cout << "  frame " << field.frame;
  if (!field.description.empty()) std::cout << "  " << field.description;
  std::cout << "\n";
  if (auto const text = values ? values_text(file, path, info) : ""; !text.empty())
    std::cout << indent << "  " << text << "\n";
  show_attributes(file, path, indent + "  ");
}

void show_member(H5File const& file, std::string const& path, std::string const& indent,
                 bool values, int depth);

void show_group(H5File const& file, std::string const& group, std::string const& indent,
                bool values, int depth) {
  show_attributes(file, group, indent);
  for (auto const& member : file.members(group))
    show_member(file, (group == "/" ? "" : group) + "/" + member, indent, values, depth);
}

void show_member(H5File const& file, std::string const& path, std::string const& indent,
                 bool values, int depth) {
  constexpr int deepest = 32;  // links may lead back
  auto const name = printable_text(path.substr(path.rfind('/') + 1));
  if (!file.exists(path)) {
    std::cout << indent << name << "  " << broken_link(file.raw(), file.path(), path) << "\n";
  } else if (!file.is_group(path)) {
    show_dataset(file, path, indent, values);
  } else {
    std::cout << indent << name << "/\n";
    if (depth < deepest) show_group(file, path, indent + "  ", values, depth + 1);
  }
}

}  // namespace

void show_hdf5(H5File const& file, bool values) { show_group(file, "/", "", values, 0); }

}  // namespace setsz
