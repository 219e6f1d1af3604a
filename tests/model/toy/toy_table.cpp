// SPDX-License-Identifier: BSD-3-Clause
// Stands in for model/module_table.cpp and module_networks.cpp: the same modules and one line more.
#include "model/module_network.hpp"
#include "model/module_table.hpp"
#include "tests/model/toy/toy.hpp"

namespace setsz {

using TableWithToy = ModuleList<  //
    Gnfw,                         //
    Origin,                       //
    Local,                        //
    testing::Toy,                 //
    Aggregator                    //
    >;

std::vector<std::unique_ptr<Module>> module_table() { return TableWithToy::declarations(); }

std::unique_ptr<ModuleNetwork> make_network(Module const& module, NetworkSetup const& setup,
                                            ParameterLayout& layout) {
  return TableWithToy::network(module, setup, layout);
}

}  // namespace setsz
