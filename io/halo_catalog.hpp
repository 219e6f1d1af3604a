// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "io/catalogs/format_table.hpp"
#include "io/catalogs/halo.hpp"
#include "pipeline/base/comm.hpp"

namespace setsz {

struct HaloCatalog {
  HaloCatalogHeader header;
  std::int64_t n_rows = 0;  ///< in all files, before the mass cut
  std::vector<Halo> halos;  ///< those read by this rank
};

/// Reads a halo catalogue of one or many files in any format of the table (that of its first file).
///
/// Collective: every rank reads its own share of each file. Only halos of at least `mass_min`
/// [1e10 Msun/h] are kept. Values that cannot be true, repeated ids and files that do not belong
/// together are an Error(bad_data).
HaloCatalog read_halo_catalog(Comm const& comm, std::vector<std::string> const& files,
                              MassDefinition definition, double mass_min_1e10msunh,
                              CatalogFormats formats = catalog_formats());

/// Collective. Sets every halo's parent_id from another list of the same run (the output of
/// find_parents), matched by ID. A halo that the list does not know is an Error(bad_data).
void set_parents(Comm const& comm, HaloCatalog& catalog, std::string const& parents_file);

}  // namespace setsz
