// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "io/h5.hpp"
#include "io/healpix_map.hpp"
#include "pipeline/app/commands.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"

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
    return file.attribute<std::string>(object, name);
  } catch (Error const&) {
    return "(unsupported type)";
  }
}

void show_attributes(H5File const& file, std::string const& object, std::string const& indent) {
  static std::vector<std::string> const of_fields{"unit", "a_power", "h_power", "frame",
                                                  "description"};
  for (auto const& name : file.attribute_names(object)) {
    if (std::find(of_fields.begin(), of_fields.end(), name) != of_fields.end()) continue;
    std::cout << indent << "@" << name << " = " << attribute_text(file, object, name) << "\n";
  }
}

void show_dataset(H5File const& file, std::string const& path, std::string const& indent) {
  auto const info = file.info(path);
  auto const field = file.field_info(path);
  std::cout << indent << path.substr(path.rfind('/') + 1) << "  " << name_of(info.type) << " "
            << shape_text(info.shape);
  if (!field.unit.empty()) std::cout << "  [" << field.unit << "]";
  if (!field.frame.empty()) std::cout << "  frame " << field.frame;
  if (!field.description.empty()) std::cout << "  " << field.description;
  std::cout << "\n";
  show_attributes(file, path, indent + "  ");
}

void show_group(H5File const& file, std::string const& group, std::string const& indent) {
  show_attributes(file, group, indent);
  for (auto const& member : file.members(group)) {
    std::string const path = (group == "/" ? "" : group) + "/" + member;
    if (file.is_group(path)) {
      std::cout << indent << member << "/\n";
      show_group(file, path, indent + "  ");
    } else {
      show_dataset(file, path, indent);
    }
  }
}

void show_map(std::string const& path) {
  HealpixFile const map(path);
  std::cout << "HEALPix map, nside " << map.nside() << ", " << map.n_pixels() << " pixels\n";
  for (auto const& [key, value] : map.cards()) {
    std::cout << "  " << std::left << std::setw(9) << key << value << "\n";
  }
  for (auto const& line : map.history()) std::cout << "  HISTORY  " << line << "\n";
  std::cout << "  the data sum " << (map.data_sum_holds() ? "holds" : "DOES NOT HOLD") << "\n";
}

void show_text(std::istream& stream) {
  constexpr int n_lines = 30;
  std::string line;
  for (int i = 0; i < n_lines && std::getline(stream, line); ++i) {
    std::cout << line.substr(0, 200) << (line.size() > 200 ? "..." : "") << "\n";
  }
  if (stream) std::cout << "...\n";
}

}  // namespace

int inspect_file(CommandLine const& line) {
  std::string const& path = line.target;
  require(std::filesystem::is_regular_file(path), ExitCode::missing_input, "'", path,
          "' is not a file; expected a product, a snapshot file or a catalogue");
  std::ifstream stream(path, std::ios::binary);
  std::string head(8, '\0');
  stream.read(head.data(), 8);
  stream.clear();
  stream.seekg(0);
  std::cout << path << ", " << human_bytes(real(std::filesystem::file_size(path))) << "\n";
  if (head == "\x89HDF\r\n\x1a\n") {
    show_group(H5File::open(path), "/", "");
  } else if (head.starts_with("SIMPLE")) {
    show_map(path);
  } else if (head.starts_with("{")) {
    std::cout << nlohmann::json::parse(stream).dump(2) << "\n";
  } else {
    show_text(stream);
  }
  return 0;
}

}  // namespace setsz
