// SPDX-License-Identifier: BSD-3-Clause
#include "io/catalogs/halo_row.hpp"

#include "io/catalogs/box_coordinate.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"

namespace setsz {

void HaloRow::refuse(std::string const& what) const { fail(ExitCode::bad_data, at_place(what)); }

double HaloRow::non_negative(std::size_t column) const {
  auto const value = number(column);
  if (value < 0) refuse(concat("column ", name(column), " is negative"));
  return value;
}

double HaloRow::coordinate(std::size_t column, double unit, double box_ckpch) const {
  double const written = number(column), x = unit * written;
  if (box_ckpch <= 0) return x;
  if (auto const wrapped = wrapped_coordinate(x, box_ckpch)) return *wrapped;
  std::string_view const expected = unit == 1 ? "kpc/h" : unit == 1000 ? "Mpc/h" : "units";
  std::string hint;
  if (x > 20 * box_ckpch)
    hint = concat("; are the positions in kpc/h (expected: ", expected, ")?");
  else if (x < 0)
    hint = "; positions must run from 0 to the box: shift those that are centred on 0";
  refuse(concat("column ", name(column), " = ", written, " ", expected, " lies outside the box of ",
                box_ckpch / unit, " ", expected, hint));
}

}  // namespace setsz
