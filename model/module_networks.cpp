// SPDX-License-Identifier: BSD-3-Clause
#include "model/module_network.hpp"
#include "model/module_table.hpp"

namespace setsz {

std::unique_ptr<ModuleNetwork> make_network(Module const& module, NetworkSetup const& setup,
                                            ParameterLayout& layout) {
  return ModuleTable::network(module, setup, layout);
}

}  // namespace setsz
