// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

namespace setsz {

/// Named float32 arrays with a JSON description, protected as a whole by a hash: model files and
/// training states.
///
/// Layout: "SETSZMDL", format version (u32), length of the JSON header (u64), header, raw
/// little-endian float32 arrays in the header's order, XXH3-128 of all before as 32 hex digits.
struct Container {
  nlohmann::json description;  ///< options, standardisation, fingerprint, ...
  std::map<std::string, std::vector<float>> arrays;

  std::vector<float> const& array(std::string const& name) const;
};

std::vector<std::byte> to_bytes(Container const& container);
/// \param source  named in errors. Anything damaged, cut off or foreign: Error(bad_data)
Container container_from_bytes(std::span<std::byte const> bytes, std::string const& source);

/// Local. Checked POSIX writes to `path`.tmp, fsync, rename, fsync of the folder: the file under
/// its name is complete at any moment.
void write_container(std::string const& path, Container const& container);
Container read_container(std::string const& path);

}  // namespace setsz
