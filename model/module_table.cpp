// SPDX-License-Identifier: BSD-3-Clause
#include "model/module_table.hpp"

namespace setsz {

std::vector<std::unique_ptr<Module>> module_table() { return ModuleTable::declarations(); }

}  // namespace setsz
