// SPDX-License-Identifier: BSD-3-Clause
#include "model/column_choice.hpp"

#include <algorithm>

#include "pipeline/base/error.hpp"

namespace setsz {

namespace {

struct Group {
  std::string name;
  std::vector<std::string> members;
};

bool contains(std::vector<std::string> const& names, std::string const& name) {
  return std::ranges::find(names, name) != names.end();
}

/// The names behind a list of names and groups.
std::vector<std::string> resolved(std::string const& key, std::vector<std::string> const& list,
                                  std::vector<Group> const& groups,
                                  std::vector<std::string> const& known) {
  std::vector<std::string> result;
  auto const take = [&](std::string const& name) {
    if (!contains(result, name)) result.push_back(name);
  };
  for (auto const& item : list) {
    auto const group = std::ranges::find(groups, item, &Group::name);
    if (group != groups.end()) {
      for (auto const& name : group->members) take(name);
      continue;
    }
    auto candidates = known;
    for (auto const& g : groups) candidates.push_back(g.name);
    require(contains(known, item), ExitCode::config, key, ": clusters have no column '", item,
            "' (nearest: '", nearest(item, candidates), "'; all: ", join(candidates, ", "), ")");
    take(item);
  }
  return result;
}

}  // namespace

void ColumnChoice::declare(OptionList& options) {
  options.add("scalars", scalars,
              {.help = "numbers of the whole cluster that the network sees: names of columns "
                       "(docs/stages/extract.md) and of groups of them: published (the 11 of the "
                       "paper), profile (13: mass and velocity dispersion within radii); ln_a for "
                       "training over several snapshots"});
  options.add(
      "vectors", vectors,
      {.help =
           "directions of the cluster with which positions and velocities are "
           "contracted: names of columns, or published (the 8 of the paper); rows (6) are rows of "
           "the two tensors in the place of their eigenvectors, as the published program "
           "took them, which do not turn with the cluster: vectors = angular_momentum, "
           "centre_of_mass, rows"});
  options.add("drop", drop,
              {.help = "columns to leave out of scalars and vectors, to see what they are worth; a "
                       "quantity that has a length and a direction (angular_momentum) loses both"});
}

ClusterColumns ColumnChoice::columns() const {
  auto const& all = cluster_columns();
  auto const& published = published_columns();
  auto const vector_names = all.vector_names();
  auto const chosen_scalars =
      resolved("scalars", scalars,
               {{"published", published.scalars}, {"profile", profile_columns()}}, all.scalars);
  std::vector<std::string> rows;
  for (auto const& row : tensor_row_columns()) rows.push_back(row.name);
  auto const chosen_vectors = resolved(
      "vectors", vectors, {{"published", published.vector_names()}, {"rows", rows}}, vector_names);
  auto known = all.scalars;
  known.insert(known.end(), vector_names.begin(), vector_names.end());
  auto const dropped = resolved("drop", drop, {}, known);
  for (auto const& name : dropped)
    require(contains(chosen_scalars, name) || contains(chosen_vectors, name), ExitCode::config,
            "drop = ", name, " leaves out nothing: neither scalars = ", join(scalars, ", "),
            " nor vectors = ", join(vectors, ", "), " has it; remove it from drop");
  ClusterColumns columns;
  for (auto const& name : chosen_scalars)
    if (!contains(dropped, name)) columns.scalars.push_back(name);
  for (auto const& name : chosen_vectors)
    if (!contains(dropped, name)) columns.vectors.push_back(all.vectors[all.vector(name)]);
  return columns;
}

}  // namespace setsz
