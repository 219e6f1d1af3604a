// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pipeline/base/comm.hpp"
#include "stages/halos/catalogue_columns.hpp"

namespace setsz {

/// A halo that is painted: its row in all files together, and its mass as profiles want it.
struct CatalogueRow {
  std::int64_t row;
  CatalogueHalo halo;
  double m200c;  ///< [1e10 Msun/h]
};

/// What the haloes of a catalogue have in common.
struct CatalogueSurvey {
  std::int64_t n_chosen = 0;            ///< within the limits of mass and redshift
  double m200c_min = 0, m200c_max = 0;  ///< of these [1e10 Msun/h]; 0 without any
  double redshift_min = 0, redshift_max = 0;
  /// Mean of |distance of the position / distance of the redshift - 1|, where both are given.
  double distance_mismatch = 0;
  std::int64_t n_without_velocity = 0, first_without_velocity = 0;  ///< and the row of the first
};

/// The haloes of [catalogue.NAME]: one or several files, read in ranges of rows.
class Catalogue {
 public:
  /// Local: reads the heads of the files.
  Catalogue(CatalogueSection const& section, std::string const& name, Cosmology const& cosmology);

  /// Collective: counts the rows. Before it nothing is read.
  void count_rows(Comm const& comm);
  std::int64_t n_rows() const { return first_row_.back(); }
  MassDefinition mass_definition() const { return files_.front().columns.mass_definition(); }
  /// A row in words, for messages: "halos.csv:7".
  std::string place(std::int64_t row) const;
  /// For the log: which column is what in the first file.
  std::string columns() const { return files_.front().columns.told(); }

  /// Local: those of some rows that are within the limits, in their order. Numbers that cannot be
  /// true are an Error(bad_data) with file, line and column.
  std::vector<CatalogueRow> read(Range rows) const;
  /// Collective: reads all rows, each rank its share, and so finds whatever is wrong with them.
  CatalogueSurvey survey(Comm const& comm) const;

  /// Local, without count_rows: about how many rows there are, and haloes (within the limits) that
  /// stand for them all, for plans. \param n_sampled  gets how many rows were looked at
  std::int64_t expected_rows() const;
  std::vector<CatalogueRow> sample(std::int64_t n_wanted, std::int64_t& n_sampled) const;

 private:
  struct File {
    std::string path;
    std::unique_ptr<TableFile> table;
    CatalogueColumns columns;
  };
  bool is_chosen(CatalogueHalo const& halo) const;
  double m200c_of(CatalogueHalo const& halo) const;
  void append(File const& file, std::vector<double> const& numbers, std::int64_t first_row,
              std::vector<CatalogueRow>& rows) const;

  CatalogueSection section_;
  Cosmology cosmology_;
  DistanceLaw distances_;
  std::vector<File> files_;
  std::vector<std::int64_t> first_row_;  ///< of each file, and the end
};

}  // namespace setsz
