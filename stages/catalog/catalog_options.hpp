// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

#include "io/catalogs/halo.hpp"
#include "pipeline/base/option_list.hpp"
#include "stages/catalog/split.hpp"

namespace setsz {

/// [catalog]: which haloes are clusters, and what they are for.
struct CatalogOptions {
  static constexpr std::string_view section = "catalog";
  static constexpr std::string_view help = "selection of clusters and their split";
  enum class Hosts { heavier, parents, positions, all };
  double mass_min_msunh = 5e13;
  double mass_max_msunh = 1e17;
  double fill_mass_min_msunh = 1e12;
  MassDefinition mass_definition = MassDefinition::m200c;
  Hosts hosts = Hosts::heavier;
  SplitRecipe split;       ///< its seed is [run] seed
  std::string split_like;  ///< snapshot whose split the others have; empty: each its own
  bool allow_empty = false;
  void declare(OptionList& options);
  void validate() const;
};

}  // namespace setsz
