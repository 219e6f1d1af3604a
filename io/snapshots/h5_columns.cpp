// SPDX-License-Identifier: BSD-3-Clause
#include "io/snapshots/h5_columns.hpp"

#include <algorithm>

namespace setsz {

namespace {

/// Rows of a block: with positions, velocities and ids 256 kB in float32.
constexpr std::int64_t direct_rows = 1 << 13;
/// Through HDF5, whose calls cost as much as a few thousand rows.
constexpr std::int64_t hdf5_rows = DarkMatterBlock::max_rows;

std::string shape_text(std::vector<std::int64_t> const& shape) {
  std::vector<std::string> parts;
  for (auto const n : shape) parts.push_back(std::to_string(n));
  return "(" + join(parts, ", ") + ")";
}

std::int64_t bytes_of(H5Type type) {
  return type == H5Type::float64 || type == H5Type::uint64 || type == H5Type::int64 ? 8 : 4;
}

std::int64_t check_column(H5ColumnCheck const& check, std::string const& dataset,
                          std::int64_t columns, std::vector<H5Type> const& accepted) {
  auto const& path = check.file.path();
  auto const info = check.file.info(dataset);
  std::vector<std::string> names;
  for (auto const type : accepted) names.emplace_back(name_of(type));
  require(std::find(accepted.begin(), accepted.end(), info.type) != accepted.end(),
          ExitCode::bad_data, "'", path, "': ", dataset, " holds numbers of type ",
          name_of(info.type), " (accepted: ", join(names, ", "), ")");
  bool const good_shape =
      columns > 1 ? info.shape.size() == 2 && info.shape[1] == columns : info.shape.size() == 1;
  require(good_shape, ExitCode::bad_data, "'", path, "': ", dataset, " has the shape ",
          shape_text(info.shape), " (expected ", columns > 1 ? "(N, 3)" : "(N)", ")");
  require(info.shape[0] == check.n_rows, ExitCode::bad_data, "'", path, "': ", dataset, " has ",
          info.shape[0], " rows, ", check.source_of_n_rows, " = ", check.n_rows);
  check.file.require_filters(dataset);
  return columns * bytes_of(info.type);
}

}  // namespace

std::int64_t H5ColumnCheck::reals(std::string const& dataset, std::int64_t columns) const {
  return check_column(*this, dataset, columns, {H5Type::float32, H5Type::float64});
}

std::int64_t H5ColumnCheck::ids(std::string const& dataset) const {
  return check_column(*this, dataset, 1, {H5Type::uint32, H5Type::uint64, H5Type::int64});
}

void read_h5_ids(H5File const& file, std::string const& dataset, Range rows,
                 std::span<std::uint64_t> into) {
  if (file.info(dataset).type == H5Type::int64) {
    file.read_rows<std::int64_t>(
        dataset, rows, std::span(reinterpret_cast<std::int64_t*>(into.data()), into.size()));
  } else {
    file.read_rows<std::uint64_t>(dataset, rows, into);
  }
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
  return position_.is_direct() ? direct_rows : hdf5_rows;
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
