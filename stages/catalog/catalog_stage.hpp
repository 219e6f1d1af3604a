// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <vector>

#include "io/halo_catalog.hpp"
#include "io/snapshot.hpp"
#include "pipeline/run/stage.hpp"
#include "stages/catalog/catalog_options.hpp"
#include "stages/catalog/hosts.hpp"
#include "stages/common/blueprint.hpp"
#include "stages/common/cluster_table.hpp"
#include "stages/common/sections.hpp"

namespace setsz {

/// Halo catalogue and snapshot headers in; clusters.h5 and halos.h5 out.
class CatalogStage : public Stage {
 public:
  CatalogStage(Configuration const& configuration, SnapshotInstance snapshot);

  void preflight(Comm const& comm, Outlook& outlook) const override;
  Estimate estimate(Outlook const& outlook, int n_ranks) const override;
  void run(Context& context) override;

 private:
  struct Headers {
    SnapshotHeader dark_matter;
    std::optional<SnapshotHeader> gas;
  };
  struct Checked {
    HaloCatalog catalog;
    HostChanges hosts;          ///< of this rank's haloes, and maybe of others
    std::int64_t n_inside = 0;  ///< haloes of all ranks that are inside a heavier one, by positions
  };
  /// What this rank has read of the catalogue, sorted out.
  struct Selected {
    std::vector<Cluster> clusters;
    std::vector<FillHalo> fill;
    std::vector<double> bound_over_all;  ///< mass ratios of clusters whose catalogue has both
  };
  Headers read_headers(Comm const& comm, std::string const& run_directory) const;
  CatalogFormats formats() const;
  CatalogRequest request(std::string const& first_file, Headers const& headers) const;
  Checked read_checked(Comm const& comm, std::vector<std::string> const& files,
                       Headers const& headers) const;
  HostChanges find_hosts(Comm const& comm, std::vector<std::string> const& files,
                         CatalogRequest const& request, std::vector<Halo> const& halos) const;
  void demote_inside_heavier(Comm const& comm, Checked& checked,
                             SnapshotHeader const& header) const;
  HaloSphere sphere_of(Halo const& halo, SnapshotHeader const& header) const;
  void check_figures(Comm const& comm, std::string const& file, HaloCatalog const& catalog,
                     Headers const& headers) const;
  void check_clusters(Comm const& comm, std::vector<std::string> const& files,
                      Checked const& checked, double a) const;
  void require_distinct(Comm const& comm, std::vector<std::string> const& files,
                        Checked const& checked, SnapshotHeader const& header) const;
  bool is_cluster(double mass) const;
  Selected select(std::vector<Halo> const& halos, HostChanges const& changes,
                  double redshift) const;
  ClusterTable make_table(Comm const& comm, SnapshotHeader const& header,
                          std::vector<Cluster> mine) const;
  /// \param other  whose split the table has; none: its own
  /// \return clusters with the split of another one
  std::int64_t split(ClusterTable& table, std::optional<ClusterTable> const& other) const;
  std::optional<ClusterTable> expected_other(Outlook const& outlook) const;
  Cluster make_cluster(Halo const& halo, double redshift) const;
  bool is_host(Halo const& halo, HostChanges const& changes = {}) const;
  void warn(Checked const& checked, Headers const& headers, std::string const& file) const;
  void warn_of_massless(MasslessHalos const& massless, std::string const& file) const;
  void expect(Comm const& comm, Outlook& outlook, SnapshotHeader const& header,
              Selected const& selected) const;
  void compare_masses(Context& context, std::vector<double> ratios) const;
  void report(Context& context, ClusterTable const& table, std::int64_t n_fill) const;
  [[noreturn]] void refuse_empty(Comm const& comm, std::vector<std::string> const& files,
                                 double a) const;

  CatalogOptions options_;
  SnapshotInstance snapshot_;
  std::string split_like_;  ///< snapshot whose split this one has; empty: its own
};

void add_catalog_stages(Blueprint const& blueprint, StageList& stages);

}  // namespace setsz
