// SPDX-License-Identifier: BSD-3-Clause
#include "model/module.hpp"

#include <algorithm>

#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {

namespace {

SampleSize larger(SampleSize const& a, SampleSize const& b) {
  return {std::max(a.training, b.training), std::max(a.prediction, b.prediction)};
}

bool any(SampleSize const& size) { return size.training > 0 || size.prediction > 0; }

}  // namespace

ModuleNeeds operator+(ModuleNeeds const& a, ModuleNeeds const& b) {
  auto const counts = [](ModuleNeeds const& needs) { return needs.local_radius.value > 0; };
  require(!counts(a) || !counts(b) || a.local_radius == b.local_radius, ExitCode::config,
          "two modules need the particles around a target, but differ in the radius of the sphere; "
          "give them the same");
  require(
      !any(a.local_particles) || !any(b.local_particles) || a.local_particles == b.local_particles,
      ExitCode::config,
      "two modules need particles around a target, but differ in their number; give them the "
      "same");
  ModuleNeeds sum = any(a.local_particles) || !counts(b) ? a : b;
  sum.cluster_particles = larger(a.cluster_particles, b.cluster_particles);
  require(a.target_columns.empty() || b.target_columns.empty(), ExitCode::internal,
          "two modules need columns of their targets");
  sum.target_columns = a.target_columns.empty() ? b.target_columns : a.target_columns;
  require(a.density_cells == 0 || b.density_cells == 0, ExitCode::internal,
          "two modules need the density around the cluster");
  sum.density_cells = a.density_cells + b.density_cells;
  sum.sphere_velocity = a.sphere_velocity || b.sphere_velocity;
  require(a.residuals_of.empty() || b.residuals_of.empty(), ExitCode::internal,
          "two modules take residuals");
  auto const& taker = a.residuals_of.empty() ? b : a;
  sum.residuals_of = taker.residuals_of;
  sum.residual_shells = taker.residual_shells;
  require(a.normals == 0 || b.normals == 0, ExitCode::internal, "two modules draw numbers");
  sum.normals = a.normals + b.normals;
  sum.best_centres = a.best_centres || b.best_centres;
  sum.scalars = a.scalars;
  sum.scalars.insert(sum.scalars.end(), b.scalars.begin(), b.scalars.end());
  return sum;
}

double mlp_flops(std::int64_t inputs, std::int64_t layers, std::int64_t width) {
  return 2 * real(width) * real(inputs + layers * width);
}

void add_size(OptionList& options, std::string key, std::int64_t& value, std::string_view help) {
  options.add(std::move(key), value, {.help = help, .min = 1, .max = 4096});
}

void add_sample_size(OptionList& options, std::string const& prefix, SampleSize& value,
                     std::string_view what) {
  std::string const help = concat(what, " in training, at most");
  options.add(prefix + "_train", value.training, {.help = help, .min = 1, .max = 1e8});
  options.add(
      prefix + "_test", value.prediction,
      {.help = "the same in prediction", .min = 1, .max = 1e8, .affects = Affects::prediction});
}

void add_sphere_radius(OptionList& options, std::string const& key, SphereRadius& radius,
                       std::string_view help) {
  std::string const unit = key + "_unit";
  options.add(key, radius.value, {.unit = unit, .help = help, .min = 1e-3, .max = 1e5});
  options.add(unit, radius.unit,
              {{"ckpc/h", SphereRadius::Unit::ckpch}, {"R200", SphereRadius::Unit::r200}},
              {.help = "its unit; R200 suits small haloes"});
}

}  // namespace setsz
