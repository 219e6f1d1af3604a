// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

namespace setsz {

/// A file name as people write it in a configuration, with $NAME and ${NAME} replaced by what the
/// environment says; $$ is a dollar sign. A variable that is unset or empty is an Error(config):
/// "$DATA/run" must not become "/run".
std::string expand_variables(std::string const& written);

/// The text that expands to `path`.
std::string without_variables(std::string const& path);

}  // namespace setsz
