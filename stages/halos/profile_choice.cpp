// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/profile_choice.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "io/json_file.hpp"
#include "model/model_file.hpp"
#include "pipeline/base/number.hpp"
#include "stages/common/sections.hpp"
#include "stages/halos/partition.hpp"
#include "stages/halos/profile_table.hpp"
#include "stages/halos/skirt_slope.hpp"

namespace setsz {
namespace {

/// \param key  "flux" of a fit, "flux_profile" of a model file, "skirt" of a skirt.json
template <class Fit>
Fit fit_of(nlohmann::json const& document, char const* key, std::string const& path,
           char const* what) {
  try {
    return document.at(key).get<Fit>();
  } catch (nlohmann::json::exception const& error) {
    fail(ExitCode::bad_data, "'", path, "' has no ", what, " (", error.what(), ")");
  }
}
GnfwParameters flux_fit(nlohmann::json const& document, char const* key, std::string const& path) {
  return fit_of<GnfwParameters>(document, key, path, "flux-true fit");
}

/// Families of profiles ask for one mass after the other, and often for each.
template <class ShapeOf>
EvolvingProfile remember_shape(ShapeOf shape_of) {
  return [shape_of, last_mass = -1.0, last_redshift = -1.0, shape = GnfwShape{}](
             double mass, double redshift, double x) mutable {
    if (mass != last_mass || redshift != last_redshift) shape = shape_of(mass, redshift);
    last_mass = mass;
    last_redshift = redshift;
    return gnfw(shape, x);
  };
}

/// The mean of profiles; equal ones are evaluated once.
EvolvingProfile mean_profile(std::vector<GnfwParameters> const& all, double h) {
  struct Part {
    GnfwParameters parameters;
    double share;
    EvolvingProfile profile;
  };
  std::vector<Part> parts;
  for (auto const& parameters : all) {
    auto const known = std::ranges::find(parts, parameters, &Part::parameters);
    if (known != parts.end())
      known->share += 1 / real(all.size());
    else
      parts.push_back(
          {parameters, 1 / real(all.size()), remember_shape([=](double mass, double redshift) {
             return gnfw_shape(parameters, mass, h, redshift);
           })});
  }
  if (parts.size() == 1) return parts.front().profile;
  return [parts](double mass, double redshift, double x) {
    double sum = 0;
    for (auto const& part : parts) sum += part.share * part.profile(mass, redshift, x);
    return sum;
  };
}

}  // namespace

EvolvingProfile density_profile(PublishedDensity const& published, Cosmology const& cosmology) {
  return remember_shape([=, shape_of = published.shape](double mass, double redshift) {
    auto shape = shape_of(mass, cosmology.h, redshift);
    shape.p0 *= cosmology.baryon_fraction();
    return shape;
  });
}

Profile density_profile(PublishedDensity const& published, ClusterTable const& table) {
  require(table.mass_definition == "200c", ExitCode::config, "gas_density = ", published.name,
          " is a function of M200c, but the masses of the catalogue are M", table.mass_definition,
          "; set [catalog] mass_definition = 200c");
  return [profile = density_profile(published, table.cosmology), redshift = table.redshift](
             double mass, double x) { return profile(mass, redshift, x); };
}

ProfileChoice::ProfileChoice(std::string text, std::string snapshot,
                             std::vector<std::string> models, std::optional<ProfileSection> numbers)
    : text_(std::move(text)),
      snapshot_(std::move(snapshot)),
      models_(std::move(models)),
      numbers_(std::move(numbers)) {}

std::string ProfileChoice::name() const {
  return is_fit() && !models_.empty() ? "fit of the model" : text_;
}

std::vector<std::string> ProfileChoice::products() const {
  if (is_fit_of_run()) return {setsz::products::gnfw(snapshot_, 0)};
  return {};
}

std::vector<std::string> ProfileChoice::skirt_products() const {
  if (is_fit_of_run()) return {setsz::products::skirt(snapshot_)};
  return {};
}

std::vector<std::string> ProfileChoice::files() const {
  if (is_fit()) return models_;
  if (numbers_ || published_profile(text_)) return {};
  std::error_code unknown;
  require(std::filesystem::is_regular_file(text_, unknown), ExitCode::missing_input,
          "profile = ", text_,
          ": neither fit, nor the NAME of a [profile.NAME], nor a published profile (",
          published_profile_names(), "), nor an existing file");
  return {text_};
}

Profile ProfileChoice::open(ProductPath const& product, ClusterTable const& table) const {
  bool const of_m200c = numbers_ || published_profile(text_);
  require(!of_m200c || table.mass_definition == "200c", ExitCode::config, "profile = ", text_,
          " is a function of M200c, but the masses of the catalogue are M", table.mass_definition,
          "; set [catalog] mass_definition = 200c, or profile = fit");
  return [profile = open(product, table.cosmology), redshift = table.redshift](
             double mass, double x) { return profile(mass, redshift, x); };
}

Profile ProfileChoice::open_skirt(ProductPath const& product, ClusterTable const& table) const {
  if (!is_fit_of_run())
    return [profile = open(product, table)](double mass, double x) {
      return profile(mass, x) / profile(mass, network_reach_r200);
    };
  auto const path = product(setsz::products::skirt(snapshot_));
  auto const slope = fit_of<SkirtSlope>(read_json(path), "skirt", path, "fit of the skirt");
  return
      [slope](double mass, double x) { return std::pow(x / network_reach_r200, -slope.at(mass)); };
}

EvolvingProfile ProfileChoice::open(ProductPath const& product, Cosmology const& cosmology) const {
  if (numbers_)
    return remember_shape([=, numbers = *numbers_](double mass, double redshift) {
      return numbers.shape(cosmology, redshift, mass);
    });
  if (auto const* published = published_profile(text_))
    return remember_shape([=, shape = published->shape](double mass, double redshift) {
      return shape(cosmology, redshift, mass);
    });
  return mean_profile(parameters(product), cosmology.h);
}

std::vector<GnfwParameters> ProfileChoice::parameters(ProductPath const& product) const {
  std::vector<GnfwParameters> all;
  if (is_fit())
    for (auto const& path : models_)
      all.push_back(flux_fit(read_model(path).description, "flux_profile", path));
  if (!all.empty()) return all;
  auto const path = is_fit() ? product(setsz::products::gnfw(snapshot_, 0)) : text_;
  auto const without_rows = read_json(path, "clusters", [](nlohmann::json const&) {});
  return {flux_fit(without_rows, "flux", path)};
}

}  // namespace setsz
