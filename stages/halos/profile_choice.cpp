// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/profile_choice.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "io/json_file.hpp"
#include "stages/common/sections.hpp"
#include "stages/halos/profile_table.hpp"

namespace setsz {
namespace {

GnfwParameters read_flux_fit(std::string const& path) {
  try {
    return read_json(path).at("flux").get<GnfwParameters>();
  } catch (nlohmann::json::exception const& error) {
    fail(ExitCode::bad_data, "'", path, "' has no flux-true fit (", error.what(), ")");
  }
}

/// Families of profiles ask for one mass after the other, and often for each.
template <class ShapeOf>
Profile remember_shape(ShapeOf shape_of) {
  return [shape_of, last = -1.0, shape = GnfwShape{}](double mass, double x) mutable {
    if (mass != last) shape = shape_of(mass);
    last = mass;
    return gnfw(shape, x);
  };
}

}  // namespace

ProfileChoice::ProfileChoice(std::string text, std::string snapshot)
    : text_(std::move(text)), snapshot_(std::move(snapshot)) {}

std::vector<std::string> ProfileChoice::products() const {
  if (is_fit()) return {setsz::products::gnfw(snapshot_, 0)};
  return {};
}

std::vector<std::string> ProfileChoice::files() const {
  if (is_fit() || published_profile(text_)) return {};
  require(std::filesystem::is_regular_file(text_), ExitCode::missing_input, "profile = ", text_,
          ": neither fit, nor a published profile (", published_profile_names(),
          "), nor an existing file");
  return {text_};
}

Profile ProfileChoice::open(ProductPath const& product, ClusterTable const& table) const {
  auto const cosmology = table.cosmology;
  double const redshift = table.redshift;
  if (auto const* published = published_profile(text_)) {
    require(table.mass_definition == "200c", ExitCode::config, "profile = ", text_,
            " is a function of M200c, but the masses of the catalogue are M", table.mass_definition,
            "; set [catalog] mass_definition = 200c, or profile = fit");
    return remember_shape(
        [=, shape = published->shape](double mass) { return shape(cosmology, redshift, mass); });
  }
  auto const parameters =
      read_flux_fit(is_fit() ? product(setsz::products::gnfw(snapshot_, 0)) : text_);
  return remember_shape(
      [=](double mass) { return gnfw_shape(parameters, mass, cosmology.h, redshift); });
}

}  // namespace setsz
