// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "pipeline/base/error.hpp"

namespace setsz {

/// Any exception, as an Error: out_of_memory, the cause of one of the standard library that names a
/// file (file_type.hpp), else internal. \pre called inside a catch clause
Error current_error();

}  // namespace setsz
