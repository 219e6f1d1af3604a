// SPDX-License-Identifier: BSD-3-Clause
#include "io/catalogs/format_table.hpp"

#include <array>

#include "io/catalogs/rockstar.hpp"

namespace setsz {

CatalogFormats catalog_formats() {
  static std::array const formats{
      rockstar_format(),
  };
  return formats;
}

}  // namespace setsz
