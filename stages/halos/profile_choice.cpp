// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/profile_choice.hpp"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "io/json_file.hpp"
#include "model/model_file.hpp"
#include "pipeline/base/number.hpp"
#include "stages/common/sections.hpp"
#include "stages/halos/profile_table.hpp"

namespace setsz {
namespace {

/// \param key  "flux" of a fit, "flux_profile" of a model file
GnfwParameters flux_fit(nlohmann::json const& document, char const* key, std::string const& path) {
  try {
    return document.at(key).get<GnfwParameters>();
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

/// The mean of profiles; equal ones are evaluated once.
Profile mean_profile(std::vector<GnfwParameters> const& all, double h, double redshift) {
  struct Part {
    GnfwParameters parameters;
    double share;
    Profile profile;
  };
  std::vector<Part> parts;
  for (auto const& parameters : all) {
    auto const known = std::ranges::find(parts, parameters, &Part::parameters);
    if (known != parts.end())
      known->share += 1 / real(all.size());
    else
      parts.push_back({parameters, 1 / real(all.size()), remember_shape([=](double mass) {
                         return gnfw_shape(parameters, mass, h, redshift);
                       })});
  }
  if (parts.size() == 1) return parts.front().profile;
  return [parts](double mass, double x) {
    double sum = 0;
    for (auto const& part : parts) sum += part.share * part.profile(mass, x);
    return sum;
  };
}

}  // namespace

ProfileChoice::ProfileChoice(std::string text, std::string snapshot,
                             std::vector<std::string> models)
    : text_(std::move(text)), snapshot_(std::move(snapshot)), models_(std::move(models)) {}

std::string ProfileChoice::name() const {
  return is_fit() && !models_.empty() ? "fit of the model" : text_;
}

std::vector<std::string> ProfileChoice::products() const {
  if (is_fit() && models_.empty()) return {setsz::products::gnfw(snapshot_, 0)};
  return {};
}

std::vector<std::string> ProfileChoice::files() const {
  if (is_fit()) return models_;
  if (published_profile(text_)) return {};
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
  return mean_profile(parameters(product), cosmology.h, redshift);
}

std::vector<GnfwParameters> ProfileChoice::parameters(ProductPath const& product) const {
  std::vector<GnfwParameters> all;
  if (is_fit())
    for (auto const& path : models_)
      all.push_back(flux_fit(read_model(path).description, "flux_profile", path));
  if (!all.empty()) return all;
  auto const path = is_fit() ? product(setsz::products::gnfw(snapshot_, 0)) : text_;
  return {flux_fit(read_json(path), "flux", path)};
}

}  // namespace setsz
