// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <vector>

#include "io/halo_catalog.hpp"
#include "io/snapshot.hpp"
#include "pipeline/run/stage.hpp"
#include "stages/catalog/split.hpp"
#include "stages/common/sections.hpp"

namespace setsz {

/// [catalog]: which haloes are clusters, and what they are for.
struct CatalogOptions {
  static constexpr std::string_view section = "catalog";
  static constexpr std::string_view help = "selection of clusters and their split";
  enum class Hosts { parents, all };
  double mass_min_msunh = 5e13;
  double mass_max_msunh = 1e17;
  double fill_mass_min_msunh = 1e12;
  MassDefinition mass_definition = MassDefinition::m200c;
  Hosts hosts = Hosts::parents;
  SplitRecipe split;  ///< its seed is [run] seed
  bool allow_empty = false;
  void declare(OptionList& options);
  void validate() const;
};

/// Halo catalogue and snapshot headers in; clusters.h5 and halos.h5 out.
class CatalogStage : public Stage {
 public:
  CatalogStage(Configuration const& configuration, SnapshotInstance snapshot);

  std::string name() const override { return "catalog"; }
  std::string instance() const override { return snapshot_.name; }
  std::vector<std::string> input_products() const override;
  std::vector<std::string> input_files() const override;
  std::vector<std::string> outputs() const override { return {"clusters.h5", "halos.h5"}; }
  void describe(Fingerprint& fingerprint) const override;
  void preflight(Comm const& comm) const override;
  Estimate estimate(std::string const& run_directory, int n_ranks) const override;
  void run(Context& context) override;

 private:
  struct Headers {
    SnapshotHeader dark_matter;
    std::optional<SnapshotHeader> gas;
  };
  Headers read_headers(Comm const& comm, std::string const& run_directory) const;
  ClusterTable empty_table(SnapshotHeader const& header) const;
  Cluster make_cluster(Halo const& halo, double redshift) const;
  bool is_host(Halo const& halo) const;
  void compare_masses(Context& context, std::vector<double> ratios) const;
  [[noreturn]] void refuse_empty(Comm const& comm, std::vector<std::string> const& files) const;

  CatalogOptions options_;
  SnapshotInstance snapshot_;
  Fingerprint described_;
};

void add_catalog_stages(Configuration const& configuration,
                        std::vector<std::unique_ptr<Stage>>& stages);

}  // namespace setsz
