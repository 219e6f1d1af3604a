// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "model/model_state.hpp"

namespace setsz {

/// Local. model.h5: each tensor is a dataset of its group, each entry of the description a JSON
/// text among the attributes of the file; /taught_by/clusters lists what it was trained on.
/// Checksums protect every dataset, and a hash the whole content.
void write_model(std::string const& path, ModelState const& state);

/// Local. Missing: Error(missing_input); damaged, cut off, foreign or of another version:
/// Error(bad_data). Each names the file and what to do.
ModelState read_model(std::string const& path);

}  // namespace setsz
