// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/trained_on.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <nlohmann/json.hpp>

#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"
#include "pipeline/base/units.hpp"

namespace setsz {

namespace {

/// Differences that are rounding, or too small to matter.
constexpr double redshift_tolerance = 0.02, cosmology_tolerance = 1e-3, mass_tolerance = 1e-9;
/// Between particle masses: what is discrete in the inputs changes beyond.
constexpr double particle_mass_factor = 1.5;

Interval hull(Interval const& a, Interval const& b) {
  return {std::min(a.first, b.first), std::max(a.last, b.last)};
}

bool differ(Cosmology const& a, Cosmology const& b) {
  auto const differs = [](double x, double y) {
    return std::abs(x - y) > cosmology_tolerance * std::max(std::abs(x), std::abs(y));
  };
  return differs(a.omega_m, b.omega_m) || differs(a.omega_l, b.omega_l) ||
         differs(a.omega_b, b.omega_b) || differs(a.h, b.h);
}

template <class Item, class Equal>
void add_once(std::vector<Item>& list, Item const& item, Equal equal) {
  bool const known =
      std::ranges::any_of(list, [&](Item const& other) { return equal(other, item); });
  if (!known) list.push_back(item);
}

std::string text_of(Cosmology const& c) {
  return concat("omega_m ", c.omega_m, ", omega_l ", c.omega_l, ", omega_b ", c.omega_b, ", h ",
                c.h);
}

std::string range_text(Interval const& range, double unit = 1) {
  if (range.first == range.last) return concat(range.first * unit);
  return concat(range.first * unit, " to ", range.last * unit);
}

/// The bits that hold for every cluster of a snapshot.
std::uint8_t outside_of_snapshot(TrainedOn const& trained, ClusterTable const& table,
                                 double particle_mass) {
  unsigned bits = 0;
  if (table.redshift < trained.redshift.first - redshift_tolerance ||
      table.redshift > trained.redshift.last + redshift_tolerance)
    bits |= outside::redshift;
  bool const known = particle_mass > 0 && trained.particle_mass.first > 0;
  if (known && (particle_mass < trained.particle_mass.first / particle_mass_factor ||
                particle_mass > trained.particle_mass.last * particle_mass_factor))
    bits |= outside::particle_mass;
  if (std::ranges::all_of(trained.cosmologies,
                          [&](Cosmology const& c) { return differ(c, table.cosmology); }))
    bits |= outside::cosmology;
  return static_cast<std::uint8_t>(bits);
}

nlohmann::json json_of(Interval const& interval) { return {interval.first, interval.last}; }
Interval interval_of(nlohmann::json const& json) {
  return {json.at(0).get<double>(), json.at(1).get<double>()};
}

}  // namespace

void to_json(nlohmann::json& json, TrainedOn const& t) {
  auto cosmologies = nlohmann::json::array();
  for (auto const& c : t.cosmologies)
    cosmologies.push_back(
        {{"omega_m", c.omega_m}, {"omega_l", c.omega_l}, {"omega_b", c.omega_b}, {"h", c.h}});
  json = {{"simulations", t.simulations},
          {"mass_definition", t.mass_definition},
          {"r200", t.r200},
          {"n_clusters", t.n_clusters},
          {"mass", json_of(t.mass)},
          {"redshift", json_of(t.redshift)},
          {"particle_mass", json_of(t.particle_mass)},
          {"cosmologies", cosmologies},
          {"units", {{"mass", "1e10 Msun/h"}, {"particle_mass", "1e10 Msun/h"}}}};
}

void from_json(nlohmann::json const& json, TrainedOn& t) {
  json.at("simulations").get_to(t.simulations);
  json.at("mass_definition").get_to(t.mass_definition);
  json.at("r200").get_to(t.r200);
  json.at("n_clusters").get_to(t.n_clusters);
  t.mass = interval_of(json.at("mass"));
  t.redshift = interval_of(json.at("redshift"));
  t.particle_mass = interval_of(json.at("particle_mass"));
  t.cosmologies.clear();
  for (auto const& c : json.at("cosmologies"))
    t.cosmologies.push_back({c.at("omega_m").get<double>(), c.at("omega_l").get<double>(),
                             c.at("omega_b").get<double>(), c.at("h").get<double>()});
}

TrainedOn trained_on(ClusterTable const& table, std::vector<std::int64_t> const& rows,
                     double particle_mass, std::string const& simulation) {
  require(!rows.empty(), ExitCode::internal, "a model that no cluster has taught");
  TrainedOn trained{.simulations = {simulation},
                    .mass_definition = table.mass_definition,
                    .r200 = r200_convention,
                    .n_clusters = std::ssize(rows),
                    .mass = {},
                    .redshift = {table.redshift, table.redshift},
                    .particle_mass = {particle_mass, particle_mass},
                    .cosmologies = {table.cosmology}};
  double const first = table.clusters[rows.front()].m200c;
  trained.mass = {first, first};
  for (auto const row : rows) {
    double const mass = table.clusters[row].m200c;
    trained.mass = hull(trained.mass, {mass, mass});
  }
  return trained;
}

TrainedOn hull(TrainedOn const& a, TrainedOn const& b) {
  TrainedOn both = a;
  for (auto const& name : b.simulations) add_once(both.simulations, name, std::equal_to<>());
  for (auto const& cosmology : b.cosmologies)
    add_once(both.cosmologies, cosmology,
             [](auto const& x, auto const& y) { return !differ(x, y); });
  both.n_clusters = std::max(a.n_clusters, b.n_clusters);
  both.mass = hull(a.mass, b.mass);
  both.redshift = hull(a.redshift, b.redshift);
  both.particle_mass = hull(a.particle_mass, b.particle_mass);
  return both;
}

std::uint64_t cluster_identity(Cluster const& cluster) {
  auto hash = hash64(0, static_cast<std::uint64_t>(cluster.id));
  for (double const value :
       {cluster.position.x, cluster.position.y, cluster.position.z, cluster.m200c})
    hash = hash64(hash, std::bit_cast<std::uint64_t>(value));
  return hash;
}

std::string outside_description() {
  return "sum of: 1 less massive than all clusters of the training, 2 more massive, 4 another "
         "redshift, 8 another particle mass (by more than a factor of 1.5), 16 another cosmology; "
         "0: none";
}

void require_comparable(TrainedOn const& trained, std::string const& mass_definition,
                        std::string const& name) {
  require(trained.mass_definition == mass_definition, ExitCode::config, name,
          " was trained with masses M", trained.mass_definition, ", but the clusters have M",
          mass_definition,
          ": radii, scalars and pressures would mean something else; set [catalog] "
          "mass_definition = ",
          trained.mass_definition);
  require(trained.r200 == r200_convention, ExitCode::config, name, " was trained with radii '",
          trained.r200, "', this version of setsz has '", r200_convention,
          "'; train it again with this version");
}

std::vector<std::uint8_t> outside_training(TrainedOn const& trained, ClusterTable const& table,
                                           double particle_mass) {
  std::vector<std::uint8_t> all;
  auto const common = outside_of_snapshot(trained, table, particle_mass);
  for (auto const& cluster : table.clusters) {
    auto const lighter = cluster.m200c < trained.mass.first * (1 - mass_tolerance);
    auto const heavier = cluster.m200c > trained.mass.last * (1 + mass_tolerance);
    all.push_back(static_cast<std::uint8_t>(common | (lighter ? outside::lighter : 0U) |
                                            (heavier ? outside::heavier : 0U)));
  }
  return all;
}

std::vector<std::string> outside_warnings(TrainedOn const& trained, ClusterTable const& table,
                                          double particle_mass) {
  constexpr std::size_t named = 8;
  auto const bits = outside_training(trained, table, particle_mass);
  std::vector<std::string> warnings;
  auto const list = [&](std::uint8_t bit, std::string_view what, double limit) {
    std::vector<std::string> ids;
    std::size_t n = 0;
    for (std::size_t row = 0; row < bits.size(); ++row)
      if ((bits[row] & bit) != 0 && ++n <= named)
        ids.push_back(std::to_string(table.clusters[row].id));
    if (n == 0) return;
    if (n > named) ids.emplace_back("...");
    warnings.push_back(concat(n, " of ", bits.size(), " clusters are ", what,
                              " massive than all of the training (", limit * units::msunh_per_code,
                              " Msun/h); ids ", join(ids, ", ")));
  };
  list(outside::lighter, "less", trained.mass.first);
  list(outside::heavier, "more", trained.mass.last);
  unsigned const common = outside_of_snapshot(trained, table, particle_mass);
  if ((common & outside::redshift) != 0)
    warnings.push_back(concat("the snapshot has redshift ", table.redshift, ", the training had ",
                              range_text(trained.redshift)));
  if ((common & outside::particle_mass) != 0)
    warnings.push_back(concat("the particles have ", particle_mass * units::msunh_per_code,
                              " Msun/h, those of the training ",
                              range_text(trained.particle_mass, units::msunh_per_code),
                              "; inputs that depend on single particles are not comparable"));
  if ((common & outside::cosmology) != 0)
    warnings.push_back(concat("the cosmology is ", text_of(table.cosmology),
                              ", that of the training ", text_of(trained.cosmologies.front())));
  return warnings;
}

}  // namespace setsz
