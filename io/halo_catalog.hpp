// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "io/catalogs/format_table.hpp"
#include "io/catalogs/halo.hpp"
#include "pipeline/base/comm.hpp"

namespace setsz {

/// Haloes that are left out because the file gives them no mass (0) of the chosen definition.
struct MasslessHalos {
  std::int64_t n = 0;                  ///< those with another mass of at least the least mass
  std::int64_t n_without_another = 0;  ///< in files that know no other mass
  double largest_other = 0;            ///< mass of the former [1e10 Msun/h]

  void add(std::optional<double> other_mass, double mass_min_1e10msunh);
};

struct HaloCatalog {
  HaloCatalogHeader header;
  std::int64_t n_rows = 0;  ///< in all files, before the mass cut
  std::vector<Halo> halos;  ///< those read by this rank
  MasslessHalos massless;   ///< of all ranks
};

/// Reads a halo catalogue of one or many files in any format of the table (that of its first file).
///
/// Collective: every rank reads its own share of each file. Only halos of at least the request's
/// mass are kept. Values that cannot be true, positions outside the box, repeated ids, files that
/// do not belong together and sets that do not cover their box are an Error(bad_data).
HaloCatalog read_halo_catalog(Comm const& comm, std::vector<std::string> const& files,
                              CatalogRequest const& request,
                              CatalogFormats formats = catalog_formats());

/// What decides whether a halo is a host.
struct HaloLink {
  std::int64_t id = 0, parent = -1;
  double mass = 0;  ///< [1e10 Msun/h]
};

/// Collective: the halos of some ids, whatever their mass, sorted by id and the same on all ranks;
/// ids that the catalogue does not know are left out. Reads all files again.
/// \param ids  the same on all ranks
std::vector<HaloLink> find_halos(Comm const& comm, std::vector<std::string> const& files,
                                 CatalogRequest const& request, std::vector<std::int64_t> ids,
                                 CatalogFormats formats = catalog_formats());

}  // namespace setsz
