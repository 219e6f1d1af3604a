// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "io/fits_header.hpp"
#include "io/h5.hpp"
#include "pipeline/base/comm.hpp"

namespace setsz {

/// Values of one column for some rows, row by row.
using ColumnValues = std::variant<std::vector<double>, std::vector<float>,
                                  std::vector<std::int64_t>, std::vector<std::int32_t>>;

/// One column of a table that is written as HDF5 and as FITS.
struct RowColumn {
  std::string name;        ///< dataset GROUP/name; TTYPE in upper case
  FieldInfo info;          ///< of the dataset
  std::string fits_unit;   ///< TUNIT, in the words of the standard
  ColumnValues type{};     ///< empty; says which numbers these are
  std::int64_t width = 1;  ///< numbers per row
};

/// What the FITS file says beside its columns.
struct FitsTexts {
  std::string extension;  ///< EXTNAME
  std::vector<FitsCard> cards;
  std::vector<std::string> history;
};

/// A table that the ranks write in shares, as datasets of an HDF5 file and as a binary table of a
/// FITS file with the same rows. Bytes depend on the rows alone, not on the ranks or the shares.
///
/// All calls are collective. Memory: the share.
/// \source FITS standard 4.0, section 7.3
class RowTable {
 public:
  /// \param file   of HDF5, created
  /// \param group  "/halos"
  RowTable(Comm const& comm, H5File& file, std::string group, std::string fits_path,
           FitsTexts texts, std::vector<RowColumn> columns, std::int64_t n_rows);

  /// Appends the rows of all ranks, in rank order: every rank gives all columns; it may have none.
  void append(std::vector<ColumnValues> const& share);
  /// Completes the FITS file: all rows must be there, else Error(internal).
  void finish();

 private:
  std::string headers(FitsSum sum) const;
  /// Of a share, in which all columns must have the same number of them.
  std::int64_t rows_of(std::vector<ColumnValues> const& share) const;
  void write_fits(std::int64_t first_row, std::vector<ColumnValues> const& share,
                  std::int64_t n_rows);

  Comm const& comm_;
  H5File& file_;
  std::string group_, fits_path_;
  FitsTexts texts_;
  std::vector<RowColumn> columns_;
  std::int64_t n_rows_, n_written_ = 0, row_bytes_ = 0, data_offset_ = 0;
  FitsSum sum_;  ///< of what this rank has written
};

}  // namespace setsz
