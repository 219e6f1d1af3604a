// SPDX-License-Identifier: BSD-3-Clause
#include "io/catalogs/format_table.hpp"

#include <array>

#include "io/catalogs/ahf.hpp"
#include "io/catalogs/hlist.hpp"
#include "io/catalogs/rockstar.hpp"
#include "io/catalogs/rockstar_binary.hpp"
#include "io/catalogs/subfind.hpp"
#include "io/catalogs/table.hpp"

namespace setsz {

CatalogFormats catalog_formats() {
  static std::array const formats{
      rockstar_format(), rockstar_binary_format(), hlist_format(),
      ahf_format(),      subfind_format(),         table_format(),
  };
  return formats;
}

CatalogFormats catalog_formats(std::string_view key) {
  return formats_named(key, catalog_formats(), "catalog_format");
}

}  // namespace setsz
