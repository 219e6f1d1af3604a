// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

namespace setsz {

std::string program_version();  ///< "0.1.0"
std::string git_revision();     ///< "96dc2bb0a1", with "+" where the tree had changes
std::string build_kind();       ///< "Release"
/// Both, as products say what made them: "0.1.0 git 96dc2bb0a1".
std::string code_version();

}  // namespace setsz
