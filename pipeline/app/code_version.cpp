// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/app/code_version.hpp"

#include "git_revision.hpp"  // generated, see git_revision.cmake

namespace setsz {

std::string program_version() { return SETSZ_VERSION; }
std::string git_revision() { return SETSZ_GIT_REVISION; }
std::string build_kind() { return SETSZ_BUILD_KIND; }

std::string code_version() { return program_version() + " git " + git_revision(); }

}  // namespace setsz
