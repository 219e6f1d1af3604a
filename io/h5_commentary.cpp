// SPDX-License-Identifier: BSD-3-Clause
#include "io/h5_commentary.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

#include "pipeline/base/text.hpp"
#include "pipeline/base/units.hpp"

namespace setsz::h5 {
namespace {

struct Known {
  std::string_view name, above, below;  ///< the fraction bar, as astropy writes the two
  double cgs;
};
constexpr Known known[] = {
    {"Msun", "Msun", "", units::gram_per_msun}, {"kpc", "kpc", "", units::cm_per_kpc},
    {"ckpc", "kpc", "", units::cm_per_kpc},     {"Mpc", "Mpc", "", 1000 * units::cm_per_kpc},
    {"km/s", "km", "s", units::cm_per_km},      {"degree", "deg", "", units::degree},
    {"arcmin", "arcmin", "", units::arcmin},
};

std::string raised(std::string_view name, int power) {
  return power == 1 ? std::string(name) : concat(name, "^", power);
}

/// "1e10", "Msun/h", "(ckpc/h)^-3"
std::optional<PhysicalUnit> factor(std::string_view word) {
  int power = 1;
  if (auto const caret = word.find('^'); caret != word.npos) {
    std::from_chars(word.data() + caret + 1, word.data() + word.size(), power);
    word = word.substr(0, caret);
  }
  if (word.starts_with('(') && word.ends_with(')')) word = word.substr(1, word.size() - 2);
  if (word.ends_with("/h")) word.remove_suffix(2);
  double number = 0;
  auto const [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error == std::errc() && end == word.data() + word.size())
    return PhysicalUnit{std::string(word), number};
  auto const found = std::find_if(std::begin(known), std::end(known),
                                  [&](Known const& one) { return one.name == word; });
  if (found == std::end(known)) return {};
  auto text = raised(found->above, power);
  if (!found->below.empty()) text += " " + raised(found->below, -power);
  return PhysicalUnit{text, std::pow(found->cgs, power)};
}

}  // namespace

std::string provenance;

std::optional<PhysicalUnit> physical_unit(std::string const& unit) {
  PhysicalUnit product{"", 1};
  for (auto const& word : words(unit)) {
    auto const one = factor(word);
    if (!one) return {};
    product.text += (product.text.empty() ? "" : " ") + one->text;
    product.cgs *= one->cgs;
  }
  return product.text.empty() ? std::nullopt : std::optional(product);
}

bool is_commentary(std::string const& attribute) {
  return attribute == "astropy_unit" || attribute == "cgs" || attribute == "provenance";
}

}  // namespace setsz::h5
