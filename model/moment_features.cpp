// SPDX-License-Identifier: BSD-3-Clause
#include "model/moment_features.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "model/moment_columns.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {

namespace {

/// The columns of one scale at one target, in the order of moment_columns.hpp.
using ScaleColumns = std::span<float const, moment_kinds.size()>;

/// A number that the network sees; small floors keep logarithms finite where no particle is near.
struct Feature {
  std::string_view kind;
  double (*of)(ScaleColumns);
};

constexpr std::array<Feature, 10> scale_features{{
    {"density", [](ScaleColumns c) { return std::log(real(c[moment::density]) + 1e-3); }},
    {"dispersion", [](ScaleColumns c) { return std::log(real(c[moment::dispersion]) + 1e-2); }},
    {"pressure",
     [](ScaleColumns c) {
       return std::log(real(c[moment::density]) * real(c[moment::dispersion]) + 1e-4);
     }},
    {"weight", [](ScaleColumns c) { return std::log(real(c[moment::weight]) + 0.1); }},
    {"bulk", [](ScaleColumns c) { return real(c[moment::bulk]); }},
    {"offset", [](ScaleColumns c) { return real(c[moment::offset]); }},
    {"offset_radial", [](ScaleColumns c) { return real(c[moment::offset_radial]); }},
    {"offset_cm", [](ScaleColumns c) { return real(c[moment::offset_cm]); }},
    {"bulk_radial", [](ScaleColumns c) { return real(c[moment::bulk_radial]); }},
    {"bulk_cm", [](ScaleColumns c) { return real(c[moment::bulk_cm]); }},
}};

constexpr std::array<std::string_view, 2> other_features{"potential", "radius"};

}  // namespace

std::vector<std::string> MomentFeatures::kinds() {
  std::vector<std::string> kinds;
  kinds.reserve(scale_features.size() + other_features.size());
  for (auto const& feature : scale_features) kinds.emplace_back(feature.kind);
  kinds.insert(kinds.end(), other_features.begin(), other_features.end());
  return kinds;
}

bool MomentFeatures::sees(std::string_view kind) const {
  return std::ranges::find(drop, kind) == drop.end();
}

std::vector<std::string> MomentFeatures::names() const {
  std::vector<std::string> names;
  for (std::int64_t scale = 1; scale <= n_scales; ++scale)
    for (auto const& feature : scale_features)
      if (sees(feature.kind)) names.push_back(concat(feature.kind, "_", scale));
  for (auto const kind : other_features)
    if (sees(kind)) names.emplace_back(kind);
  return names;
}

std::vector<double> MomentFeatures::operator()(TargetBatch const& batch, Range targets) const {
  std::vector<Feature> seen;
  for (auto const& feature : scale_features)
    if (sees(feature.kind)) seen.push_back(feature);
  bool const potential = sees("potential"), radius = sees("radius");
  std::int64_t const n_kinds = std::ssize(moment_kinds), n_columns = n_scales * n_kinds + 1;
  std::vector<double> values;
  for (std::int64_t t = targets.first; t < targets.last; ++t) {
    auto const row = std::span(batch.columns).subspan(t * n_columns, n_columns);
    for (std::int64_t scale = 0; scale < n_scales; ++scale) {
      ScaleColumns const columns(row.data() + scale * n_kinds, moment_kinds.size());
      for (auto const& feature : seen) values.push_back(feature.of(columns));
    }
    if (potential) values.push_back(real(row.back()));
    if (radius) values.push_back(norm(batch.position[t]));
  }
  return values;
}

}  // namespace setsz
