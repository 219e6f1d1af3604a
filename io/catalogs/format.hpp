// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/catalogs/halo.hpp"
#include "io/file_probe.hpp"
#include "pipeline/base/comm.hpp"

namespace setsz {

using HaloVisitor = std::function<void(Halo const&)>;

/// What is asked of a catalogue.
struct CatalogRequest {
  MassDefinition definition = MassDefinition::m200c;
  double mass_min_1e10msunh = 0;  ///< lighter haloes are not kept
  double box_ckpch = 0;           ///< of the snapshot; 0: that of the catalogue, if it knows one
  double h = 0;                   ///< of the snapshot, for units without h; 0: not known
  /// Which column of a plain table is what: "mass: M200c [Msun/h]"; the others have known names.
  std::vector<std::string> columns = {};
  /// Looks at the header of every file before a row is read; throws if it does not fit.
  std::function<void(HaloCatalogHeader const& header, std::string const& path)> check = nullptr;

  /// The box in which haloes must lie; 0: nobody knows.
  double box_of(HaloCatalogHeader const& header) const {
    return box_ckpch > 0 ? box_ckpch : 1000 * header.box_mpch.value_or(0);
  }
};

/// An open file of a halo catalogue; opening it reads the header only. Local.
class CatalogFile {
 public:
  virtual ~CatalogFile() = default;

  virtual HaloCatalogHeader const& header() const = 0;
  /// What the request says of the file's columns; called once, before header() is trusted.
  virtual void use(CatalogRequest const&) {}
  /// Collective: counts the rows where that is work to share.
  virtual void count_rows(Comm const&) {}
  /// Chooses the rows that this rank reads: those of all ranks are the whole file, in rank order.
  /// \return  the number of its lines, comments included; with those of the lower ranks it numbers
  ///          the rows of this one
  virtual std::int64_t take_share(int rank, int n_ranks) = 0;
  /// Visits every halo of the share, in the order of the file. What cannot be read is an
  /// Error(bad_data) with file, line and column.
  /// \param lines_before  in the shares of the lower ranks
  virtual void read(CatalogRequest const& request, std::int64_t lines_before,
                    HaloVisitor const& visit) = 0;
};

/// A row of the table of catalogue formats.
struct CatalogFormat {
  std::string_view name;  ///< "Rockstar list or ascii"
  /// Is this file of this format? Does not throw where it is another file.
  bool (*recognise)(FileProbe const& file);
  std::unique_ptr<CatalogFile> (*open)(std::string const& path);
  std::string_view key = {};  ///< "rockstar": what [snapshot.NAME] catalog_format calls it
};
using CatalogFormats = std::span<CatalogFormat const>;

}  // namespace setsz
