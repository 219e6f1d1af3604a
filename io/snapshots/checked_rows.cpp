// SPDX-License-Identifier: BSD-3-Clause
#include "io/snapshots/checked_rows.hpp"

#include <algorithm>
#include <cmath>

#include "io/row_checks.hpp"
#include "pipeline/base/periodic_box.hpp"

namespace setsz {

namespace {

bool finite(Vec3 const& v) {
  return std::isfinite(v.x) && std::isfinite(v.y) && std::isfinite(v.z);
}

bool all_within_in(RealSpan const& numbers, double limit) {
  return std::visit([limit](auto span) { return all_within(span, limit); }, numbers);
}

bool all_positive_in(RealSpan const& numbers) {
  return std::visit(
      [](auto span) {
        return all_within(span, largest_particle_mass) &&
               std::all_of(span.begin(), span.end(), [](auto x) { return x > 0; });
      },
      numbers);
}

}  // namespace

void CheckedRows::numbers(ParticleField field, Range rows, std::span<double> into,
                          Zeros zeros) const {
  file_.read(field, rows, into);
  std::int64_t n_bad = 0, first_bad = 0, n_zero = 0, first_negative = -1;
  for (std::int64_t i = 0; i < std::ssize(into); ++i) {
    if (!std::isfinite(into[i])) {
      if (n_bad++ == 0) first_bad = rows.first + i;
    } else if (into[i] < 0 && first_negative < 0) {
      first_negative = rows.first + i;
    }
    n_zero += into[i] == 0;
  }
  if (n_bad == 0 && first_negative < 0 && (zeros == Zeros::allowed || n_zero == 0)) return;
  auto const name = file_.name_of(field);
  require(n_bad == 0, ExitCode::bad_data, "'", path_, "': ", name, " has ", n_bad,
          " values that are not numbers, the first in row ", first_bad);
  require(first_negative < 0, ExitCode::bad_data, "'", path_, "': ", name, " is negative in row ",
          first_negative);
  fail(ExitCode::bad_data, "'", path_, "': ", name, " is zero in ", n_zero, " of the rows ",
       rows.first, " to ", rows.last, " (missing data?); download it again");
}

void CheckedRows::at_most(ParticleField field, Range rows, std::span<double const> values,
                          double most, std::string_view meaning) const {
  auto const above =
      std::find_if(values.begin(), values.end(), [&](double value) { return value > most; });
  if (above == values.end()) return;
  auto const n = std::count_if(above, values.end(), [&](double value) { return value > most; });
  fail(ExitCode::bad_data, "'", path_, "': ", file_.name_of(field), " = ", *above, " in row ",
       rows.first + (above - values.begin()), " (and ", n - 1, " more of the rows ", rows.first,
       " to ", rows.last, " are above ", most, "): ", meaning);
}

void CheckedRows::vectors(ParticleField field, Range rows, std::span<Vec3> into) const {
  static_assert(sizeof(Vec3) == 3 * sizeof(double));
  file_.read(field, rows, std::span<double>(&into[0].x, 3 * into.size()));
  std::int64_t n_bad = 0, first_bad = 0;
  for (std::int64_t i = 0; i < std::ssize(into); ++i) {
    if (!finite(into[i]) && n_bad++ == 0) first_bad = rows.first + i;
  }
  if (n_bad == 0) return;
  fail(ExitCode::bad_data, "'", path_, "': ", file_.name_of(field), " has ", n_bad,
       " rows with values that are not numbers, the first is row ", first_bad, who(first_bad));
}

std::string CheckedRows::who(std::int64_t row) const {
  if (kind_ != ParticleKind::dark_matter) return "";
  std::uint64_t id = 0;
  ids({row, row + 1}, std::span(&id, 1));
  return concat(" (id ", id, ")");
}

void CheckedRows::velocities(Range rows, std::span<Vec3> into) const {
  vectors(ParticleField::velocity, rows, into);
  for (std::int64_t i = 0; i < std::ssize(into); ++i) {
    auto const& v = into[i];
    if (std::max({std::abs(v.x), std::abs(v.y), std::abs(v.z)}) <= largest_velocity_kms) continue;
    fail(ExitCode::bad_data, "'", path_, "': ", file_.name_of(ParticleField::velocity), " of row ",
         rows.first + i, who(rows.first + i), " is (", v.x, ", ", v.y, ", ", v.z,
         ") km/s, faster than light; is the file damaged, or its unit of velocity wrong?");
  }
}

void CheckedRows::masses(Range rows, std::span<double> into) const {
  numbers(ParticleField::mass, rows, into, Zeros::refused);
  at_most(ParticleField::mass, rows, into, largest_particle_mass,
          "no cluster has 10^16.5 Msun/h; is the file damaged, or its unit of mass wrong?");
}

void CheckedRows::refuse_zeros(Range rows, std::span<Vec3 const> positions) const {
  std::int64_t n_zero = 0;
  for (std::int64_t i = 0; i < std::ssize(positions); ++i) {
    // A single particle may sit at the origin; several in a row are missing data.
    n_zero = positions[i] == Vec3{} ? n_zero + 1 : 0;
    require(n_zero < 8, ExitCode::bad_data, "'", path_,
            "': ", file_.name_of(ParticleField::position), " are all zero from row ",
            rows.first + i - 7, " on (missing data?); download it again");
  }
}

std::int64_t CheckedRows::positions(Range rows, std::span<Vec3> into, double box_ckpch) const {
  vectors(ParticleField::position, rows, into);
  refuse_zeros(rows, into);
  double const rounding = 1e-5 * box_ckpch;
  PeriodicBox const box(box_ckpch);
  std::int64_t n_wrapped = 0;
  for (std::int64_t i = 0; i < std::ssize(into); ++i) {
    auto& p = into[i];
    auto const [least, most] = std::minmax({p.x, p.y, p.z});
    if (least >= 0 && most < box_ckpch) continue;
    if (least <= -rounding || most >= box_ckpch + rounding) {
      double largest = 0;
      for (auto const& q : into) largest = std::max({largest, q.x, q.y, q.z});
      std::string_view const hint =
          least < 0 && largest < box_ckpch
              ? "positions must run from 0 to the box: shift those that are centred on 0"
              : "units? kpc and Mpc?";
      fail(ExitCode::bad_data, "'", path_, "': ", file_.name_of(ParticleField::position),
           " of row ", rows.first + i, " are (", p.x, ", ", p.y, ", ", p.z,
           "), outside the box [0, ", box_ckpch, ") ckpc/h; the largest coordinate read is ",
           largest / box_ckpch, " box sizes (", hint, ")");
    }
    p = box.wrap(p);
    ++n_wrapped;
  }
  return n_wrapped;
}

void CheckedRows::ids(Range rows, std::span<std::uint64_t> into) const {
  file_.read_ids(rows, into);
  for (std::int64_t i = 1; i < std::ssize(into); ++i) {
    require(into[i] != 0 || into[i - 1] != 0, ExitCode::bad_data, "'", path_,
            "': ", file_.name_of_ids(), " are zero from row ", rows.first + i - 1,
            " on (missing data?); download it again");
  }
}

bool looks_good(DarkMatterBlock const& block, double box_ckpch, bool& any_beyond) {
  auto const check = std::visit(
      [&](auto span) { return check_coordinates(span, box_ckpch, smallest_extent * box_ckpch); },
      block.position);
  any_beyond = any_beyond || check.any_beyond;
  return check.all_inside && !check.any_zero &&
         all_within_in(block.velocity, largest_velocity_kms / block.velocity_factor) &&
         !any_zero(block.id) && (block.fixed_mass > 0 || all_positive_in(block.mass));
}

}  // namespace setsz
