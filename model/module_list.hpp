// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <vector>

#include "model/module.hpp"

namespace setsz {

class ModuleNetwork;    // module_network.hpp, with libtorch
class ParameterLayout;  // parameters.hpp
struct NetworkSetup;    // module_network.hpp

/// All modules that exist, with their default options, in the order of their parameters and of
/// their evaluation.
std::vector<std::unique_ptr<Module>> module_table();
/// The half of a module that computes; only in programs with libtorch.
std::unique_ptr<ModuleNetwork> make_network(Module const& module, NetworkSetup const& setup,
                                            ParameterLayout& layout);

/// From a list of module types both functions above. A type list, because a table of pointers to
/// both halves would tie the program without libtorch to libtorch, and two tables would be two
/// lines a module.
template <class... M>
struct ModuleList {
  static std::vector<std::unique_ptr<Module>> declarations() {
    std::vector<std::unique_ptr<Module>> modules;
    (modules.push_back(std::make_unique<M>()), ...);
    return modules;
  }
  static std::unique_ptr<ModuleNetwork> network(Module const& module, NetworkSetup const& setup,
                                                ParameterLayout& layout) {
    std::unique_ptr<ModuleNetwork> network;
    auto const make = [&]<class Declared>(Declared const* declared) {
      if (declared) network = declared->network(setup, layout);
    };
    (make(dynamic_cast<M const*>(&module)), ...);
    return network;
  }
};

}  // namespace setsz
