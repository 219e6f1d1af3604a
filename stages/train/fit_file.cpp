// SPDX-License-Identifier: BSD-3-Clause
#include "stages/train/fit_file.hpp"

#include <nlohmann/json.hpp>

#include "io/json_file.hpp"
#include "pipeline/base/error.hpp"

namespace setsz {

GnfwParameters read_fit(std::string const& path, std::string const& name) {
  auto const json = read_json(path, "clusters", [](nlohmann::json const&) {});
  require(json.contains(name), ExitCode::bad_data, "'", path, "' has no entry '", name,
          "': it is not a fit of the profile, or one of another version; run the stage fit again");
  return json.at(name).get<GnfwParameters>();
}

}  // namespace setsz
