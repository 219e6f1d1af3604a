// SPDX-License-Identifier: BSD-3-Clause
// Dark matter in pieces that stay in the cache, as the files hold it.
#include <algorithm>
#include <cmath>
#include <optional>

#include "io/h5_rows.hpp"
#include "io/row_checks.hpp"
#include "io/snapshot.hpp"
#include "io/snapshot_head.hpp"

namespace setsz {

namespace {

/// Rows of a block: with positions, velocities and ids 256 kB in float32.
constexpr std::int64_t direct_rows = 1 << 13;
/// Through HDF5, whose calls cost as much as a few thousand rows.
constexpr std::int64_t hdf5_rows = DarkMatterBlock::max_rows;

/// One dataset of real numbers, read into a buffer that is used again for every block.
class RealColumn {
 public:
  RealColumn(H5File const& file, std::string const& dataset) : rows_(file, dataset) {}
  bool is_direct() const { return rows_.is_direct(); }

  RealSpan read(Range rows) {
    auto const n = static_cast<std::size_t>(rows.size() * rows_.values_per_row());
    if (rows_.type() == H5Type::float32) return read_into(single_, rows, n);
    return read_into(twice_, rows, n);
  }

 private:
  template <class T>
  RealSpan read_into(std::vector<T>& buffer, Range rows, std::size_t n) {
    if (buffer.size() < n) buffer.resize(n);
    rows_.read(rows, std::span(buffer).first(n));
    return std::span<T const>(buffer).first(n);
  }
  H5Rows rows_;
  std::vector<float> single_;
  std::vector<double> twice_;
};

class IdColumn {
 public:
  IdColumn(H5File const& file, std::string const& dataset) : rows_(file, dataset) {}

  std::span<std::uint64_t const> read(Range rows) {
    auto const n = static_cast<std::size_t>(rows.size());
    if (ids_.size() < n) ids_.resize(n);
    if (rows_.type() == H5Type::uint32) {
      narrow_.resize(n);
      rows_.read(rows, std::span(narrow_));
      std::copy(narrow_.begin(), narrow_.end(), ids_.begin());
    } else {
      rows_.read(rows, std::span(ids_).first(n));
    }
    return std::span<std::uint64_t const>(ids_).first(n);
  }

 private:
  H5Rows rows_;
  std::vector<std::uint32_t> narrow_;
  std::vector<std::uint64_t> ids_;
};

bool all_finite_in(RealSpan const& numbers) {
  return std::visit([](auto span) { return all_finite(span); }, numbers);
}
bool all_positive_in(RealSpan const& numbers) {
  return std::visit(
      [](auto span) {
        return all_finite(span) &&
               std::all_of(span.begin(), span.end(), [](auto x) { return x > 0; });
      },
      numbers);
}

RealSpan as_numbers(std::vector<Vec3> const& vectors) {
  static_assert(sizeof(Vec3) == 3 * sizeof(double));
  return std::span<double const>(vectors.empty() ? nullptr : &vectors[0].x, 3 * vectors.size());
}

}  // namespace

/// Blocks of one file.
struct Snapshot::DarkMatterColumns {
  RealColumn position, velocity;
  IdColumn id;
  std::optional<RealColumn> mass;

  DarkMatterColumns(H5File const& file, std::string const& group, bool with_mass)
      : position(file, group + "Coordinates"),
        velocity(file, group + "Velocities"),
        id(file, group + "ParticleIDs") {
    if (with_mass) mass.emplace(file, group + "Masses");
  }
};

/// One block, as it is in the file; nothing if it needs a closer look.
bool Snapshot::read_block(DarkMatterColumns& columns, Range rows, DarkMatterBlock& block,
                          bool& any_beyond) const {
  block.position = columns.position.read(rows);
  auto const check = std::visit(
      [&](auto span) {
        return check_coordinates(span, header_.box_ckpch, smallest_extent * header_.box_ckpch);
      },
      block.position);
  any_beyond = any_beyond || check.any_beyond;
  block.velocity = columns.velocity.read(rows);
  block.velocity_factor = std::sqrt(header_.a);
  block.id = columns.id.read(rows);
  block.fixed_mass = header_.mass_table[snapshot::type_of(kind_)];
  bool good =
      check.all_inside && !check.any_zero && all_finite_in(block.velocity) && !any_zero(block.id);
  if (columns.mass) {
    block.mass = columns.mass->read(rows);
    good = good && all_positive_in(block.mass);
  }
  return good;
}

void Snapshot::visit_dark_matter(Range rows, DarkMatterVisitor const& visit) const {
  require(kind_ == Kind::dark_matter, ExitCode::internal, "dark matter of a gas snapshot");
  bool const with_mass = header_.mass_table[snapshot::type_of(kind_)] == 0;
  bool any_beyond = false;
  for_each_file(rows, [&](std::size_t index, Range part, std::size_t at) {
    DarkMatterColumns columns(file(index), group_, with_mass);
    auto const block_rows = columns.position.is_direct() ? direct_rows : hdf5_rows;
    for (auto first = part.first; first < part.last; first += block_rows) {
      Range const piece{first, std::min(first + block_rows, part.last)};
      DarkMatterBlock block;
      block.first_row = rows.first + static_cast<std::int64_t>(at) + piece.first - part.first;
      if (read_block(columns, piece, block, any_beyond)) {
        visit(block);
        continue;
      }
      // Slowly: wraps what lies on the edge, and says where and what is wrong.
      auto const slow = read_checked({block.first_row, block.first_row + piece.size()});
      block.position = as_numbers(slow.position);
      block.velocity = as_numbers(slow.velocity);
      block.velocity_factor = 1;
      block.id = slow.id;
      block.mass = std::span<double const>(slow.mass);
      block.fixed_mass = 0;
      visit(block);
    }
  });
  require_extent(rows, any_beyond);
}

}  // namespace setsz
