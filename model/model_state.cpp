// SPDX-License-Identifier: BSD-3-Clause
#include "model/model_state.hpp"

#include "pipeline/base/error.hpp"

namespace setsz {

NamedTensor const& ModelState::tensor(std::string const& name) const {
  auto const found = tensors.find(name);
  require(found != tensors.end(), ExitCode::bad_data, "the model has no tensor '", name, "'");
  return found->second;
}

}  // namespace setsz
