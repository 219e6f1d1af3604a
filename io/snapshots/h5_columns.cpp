// SPDX-License-Identifier: BSD-3-Clause
#include "io/snapshots/h5_columns.hpp"

#include <algorithm>

#include "io/h5_sources.hpp"
#include "io/h5_space.hpp"
#include "io/h5_types.hpp"

namespace setsz {

namespace {

/// Rows of a block: with positions, velocities and ids 256 kB in float32.
constexpr std::int64_t direct_rows = 1 << 13;
/// Through HDF5, whose calls cost as much as a few thousand rows.
constexpr std::int64_t hdf5_rows = DarkMatterBlock::max_rows;

/// A missing one is named with what is there.
void check_exists(H5File const& file, std::string const& dataset) { file.info(dataset); }

std::string shape_text(std::vector<std::int64_t> const& shape) {
  std::vector<std::string> parts;
  for (auto const n : shape) parts.push_back(std::to_string(n));
  return "(" + join(parts, ", ") + ")";
}

/// A stored type, also of those that setsz itself does not write: halves, integers of 6 bytes.
struct StoredType {
  H5T_class_t kind;
  std::int64_t bytes;
  bool is_unsigned;
  H5Type known;
  std::string text;  ///< of the type, for people

  bool is_real() const { return known == H5Type::float32 || known == H5Type::float64 || is_half(); }
  bool is_half() const { return kind == H5T_FLOAT && bytes == 2; }
  /// Signed ones of 32 bits are none that a code writes.
  bool is_integer() const {
    return kind == H5T_INTEGER && bytes >= 4 && bytes <= 8 && (is_unsigned || bytes == 8);
  }
};

StoredType stored_type(H5File const& file, std::string const& dataset) {
  H5<H5Dclose> const data(H5Dopen2(file.raw(), dataset.c_str(), H5P_DEFAULT),
                          concat("open '", dataset, "' of '", file.path(), "'"));
  H5<H5Tclose> const type(H5Dget_type(data.get()), "read a type");
  return {H5Tget_class(type.get()), std::int64_t(H5Tget_size(type.get())),
          H5Tget_class(type.get()) == H5T_INTEGER && H5Tget_sign(type.get()) == H5T_SGN_NONE,
          h5::classify(type.get()), h5::describe(type.get())};
}

/// HDF5 converts what has no type of its own in memory.
void read_converted(H5File const& file, std::string const& dataset, Range rows, hid_t type,
                    void* into) {
  if (rows.size() == 0) return;
  H5<H5Dclose> const data(H5Dopen2(file.raw(), dataset.c_str(), H5P_DEFAULT),
                          concat("open '", dataset, "' of '", file.path(), "'"));
  H5<H5Sclose> const space(H5Dget_space(data.get()), "read a shape");
  auto const memory = h5::select_rows(space.get(), h5::shape_of_space(space.get()), rows);
  if (H5Dread(data.get(), type, memory.get(), space.get(), H5P_DEFAULT, into) < 0)
    h5::fail_reading(concat("rows ", rows.first, " to ", rows.last, " of '", dataset, "' of '",
                            file.path(), "'"));
}

std::int64_t check_column(H5ColumnCheck const& check, std::string const& dataset,
                          std::int64_t columns, StoredType const& type, bool accepted,
                          std::string_view wanted) {
  auto const& path = check.file.path();
  auto const info = check.file.info(dataset);
  require(accepted, ExitCode::bad_data, "'", path, "': ", dataset, " holds numbers of type ",
          type.text, " (accepted: ", wanted, ")");
  bool const good_shape =
      columns > 1 ? info.shape.size() == 2 && info.shape[1] == columns : info.shape.size() == 1;
  require(good_shape, ExitCode::bad_data, "'", path, "': ", dataset, " has the shape ",
          shape_text(info.shape), " (expected ", columns > 1 ? "(N, 3)" : "(N)", ")");
  require(info.shape[0] == check.n_rows, ExitCode::bad_data, "'", path, "': ", dataset, " has ",
          info.shape[0], " rows, ", check.source_of_n_rows, " = ", check.n_rows);
  check.file.require_filters(dataset);
  require_written(check.file, dataset);
  return columns * type.bytes;
}

}  // namespace

std::int64_t H5ColumnCheck::reals(std::string const& dataset, std::int64_t columns) const {
  check_exists(file, dataset);
  auto const type = stored_type(file, dataset);
  bool const position =
      dataset.ends_with("/IntCoordinates") && type.is_integer() && type.is_unsigned;
  return check_column(*this, dataset, columns, type, type.is_real() || position,
                      "float32, float64");
}

std::int64_t H5ColumnCheck::ids(std::string const& dataset) const {
  check_exists(file, dataset);
  auto const type = stored_type(file, dataset);
  return check_column(*this, dataset, 1, type, type.is_integer(), "uint32, uint64, int64");
}

bool H5ColumnCheck::has_narrow_ids(std::string const& dataset) const {
  return stored_type(file, dataset).bytes == 4;
}

void read_h5_reals(H5File const& file, std::string const& dataset, Range rows,
                   std::span<double> into) {
  auto const type = stored_type(file, dataset);
  if (type.known != H5Type::float32 && type.known != H5Type::float64)
    return read_converted(file, dataset, rows, H5T_NATIVE_DOUBLE, into.data());
  // As they are stored, and widened here: HDF5 would convert them in a buffer of its own.
  H5RealColumn column(file, dataset);
  auto to = into.begin();
  for (auto first = rows.first; first < rows.last; first += hdf5_rows)
    std::visit([&](auto numbers) { to = std::copy(numbers.begin(), numbers.end(), to); },
               column.read({first, std::min(first + hdf5_rows, rows.last)}));
}

void read_h5_ids(H5File const& file, std::string const& dataset, Range rows,
                 std::span<std::uint64_t> into) {
  // Signed ones keep their bits; narrow ones must be read as they are signed.
  bool const is_unsigned = stored_type(file, dataset).is_unsigned;
  read_converted(file, dataset, rows, is_unsigned ? H5T_NATIVE_UINT64 : H5T_NATIVE_INT64,
                 into.data());
}

RealSpan H5RealColumn::read(Range rows) {
  auto const n = rows.size() * rows_.values_per_row();
  return rows_.type() == H5Type::float32 ? read_into(single_, rows, n) : read_into(twice_, rows, n);
}

template <class T>
RealSpan H5RealColumn::read_into(std::vector<T>& buffer, Range rows, std::int64_t n) {
  if (std::ssize(buffer) < n) buffer.resize(n);
  rows_.read(rows, std::span(buffer).first(n));
  return std::span<T const>(buffer).first(n);
}

std::span<std::uint64_t const> H5IdColumn::read(Range rows) {
  auto const n = rows.size();
  if (std::ssize(ids_) < n) ids_.resize(n);
  if (rows_.type() == H5Type::uint32) {
    narrow_.resize(n);
    rows_.read(rows, std::span(narrow_));
    std::copy(narrow_.begin(), narrow_.end(), ids_.begin());
  } else {
    rows_.read(rows, std::span(ids_).first(n));
  }
  return std::span<std::uint64_t const>(ids_).first(n);
}

H5DarkMatterColumns::H5DarkMatterColumns(H5File const& file, Names names)
    : file_(file),
      mass_name_(std::move(names.mass)),
      position_(file, names.position),
      velocity_(file, names.velocity),
      id_(file, names.id) {}

std::int64_t H5DarkMatterColumns::block_rows() const {
  return position_.reads_small_pieces() ? direct_rows : hdf5_rows;
}

DarkMatterBlock H5DarkMatterColumns::read(Range rows, double fixed_mass) {
  DarkMatterBlock block;
  block.position = position_.read(rows);
  block.velocity = velocity_.read(rows);
  block.id = id_.read(rows);
  block.fixed_mass = fixed_mass;
  if (fixed_mass > 0) return block;
  if (!mass_) mass_.emplace(file_, mass_name_);
  block.mass = mass_->read(rows);
  return block;
}

}  // namespace setsz
