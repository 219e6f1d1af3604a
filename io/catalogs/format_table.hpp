// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "io/catalogs/format.hpp"

namespace setsz {

/// All halo catalogue formats that setsz reads. The first one that recognises a file reads it.
CatalogFormats catalog_formats();

/// The one of this key alone; of an empty key all. Another key: Error(config).
CatalogFormats catalog_formats(std::string_view key);

}  // namespace setsz
