// SPDX-License-Identifier: BSD-3-Clause
// The commands that need no configuration.
#include <algorithm>
#include <iostream>

#include "pipeline/app/code_version.hpp"
#include "pipeline/app/commands.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/instruction_set.hpp"
#include "stages/registry.hpp"

namespace setsz {

namespace {

/// The section with this key alone.
SectionSchema one_key_of(SectionSchema schema, std::string const& key) {
  std::vector<std::string> keys;
  for (auto const& entry : schema.make().entries) keys.push_back(entry.key);
  require(std::ranges::find(keys, key) != keys.end(), ExitCode::usage, "[", schema.section,
          "] has no key '", key, "'; the nearest one is '", nearest(key, keys), "'");
  schema.make = [make = schema.make, key] {
    auto section = make();
    std::erase_if(section.entries, [&](auto const& entry) { return entry.key != key; });
    return section;
  };
  return schema;
}

/// The schemas that a user asks for: of "" all, "train" or "train.epochs".
std::vector<SectionSchema> schemas_of(std::string const& wanted) {
  auto all = all_schemas();
  if (wanted.empty()) return all;
  auto const dot = wanted.find('.');
  std::string const section = wanted.substr(0, dot);
  std::vector<std::string> names;
  names.reserve(all.size());
  for (auto const& schema : all) names.push_back(schema.section);
  auto const found = std::ranges::find(names, section);
  require(found != names.end(), ExitCode::usage, "no section [", section, "]; the nearest one is [",
          nearest(section, names), "] (see `setsz help configuration`)");
  auto const& schema = all[static_cast<std::size_t>(found - names.begin())];
  return {dot == std::string::npos ? schema : one_key_of(schema, wanted.substr(dot + 1))};
}

}  // namespace

int show_help(CommandLine const& line) {
  std::cout << help_text(line.target);
  return 0;
}

int show_version(CommandLine const&) {
  auto const kernels = name(instruction_set());  // may refuse SETSZ_ISA: before anything is printed
  std::cout << "setsz " << program_version() << " (git " << git_revision() << ", " << build_kind()
            << ")\nkernels of the network: " << kernels << "\n";
  return 0;
}

int show_options(CommandLine const& line) {
  auto const schemas = schemas_of(line.target);
  if (line.format == "ini") {
    std::cout << default_configuration(schemas);
  } else if (line.format == "markdown") {
    std::cout << options_manual(schemas);
  } else {
    std::cout << options_text(schemas);
  }
  return 0;
}

}  // namespace setsz
