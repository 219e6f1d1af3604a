// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/base/cosmology.hpp"
#include "pipeline/run/axes.hpp"
#include "pipeline/run/options.hpp"

namespace setsz {

/// [snapshot.NAME]: one redshift of the matched pair. Instances of every stage carry NAME.
struct SnapshotSection {
  static constexpr std::string_view section = "snapshot";
  static constexpr std::string_view help = "one snapshot of the matched pair of simulations";
  bool mock = false;         ///< use the universe that the stage mock makes, in place of files
  double mock_redshift = 0;  ///< redshift at which the mock makes it
  std::string dark_matter;   ///< pattern, see find_snapshot_files
  std::string gas;
  std::vector<std::string> catalog;  ///< halo catalogue file(s)
  std::string format;                ///< of the snapshots; empty: recognised by their content
  std::string catalog_format;        ///< the same of the catalogue
  std::vector<std::string> catalog_columns;  ///< which column of a plain table is what
  std::string simulation;                    ///< its name, for the headers of maps
  double redshift_min = 0;  ///< range of redshifts on the sky for which this snapshot stands
  double redshift_max = 20;
  void declare(OptionList& options);
  void validate() const;
  /// "TNG300-1-Dark", "setsz mock", "unknown".
  std::string simulation_name() const;
};

/// [cosmology]: what a gravity-only header does not know, and what headers are checked against.
struct CosmologySection {
  static constexpr std::string_view section = "cosmology";
  static constexpr std::string_view help = "background cosmology; headers are checked against it";
  Cosmology value;
  double tolerance = 1e-3;         ///< relative difference that is still taken as rounding
  double matter_tolerance = 0.05;  ///< of the mean density of a snapshot
  void declare(OptionList& options);
  void validate() const;
};

/// The key of [mock] that decides the names of its products.
struct MockFiles {
  static constexpr std::string_view section = "mock";
  static constexpr std::string_view help = "the files of the embedded universe";
  std::int64_t n_files = 4;  ///< of each of the two snapshots
  void declare(OptionList& options);
  void validate() const {}

  /// Names inside the mock's product folder: "dmo/snap_000.0.hdf5", ...
  std::vector<std::string> dark_matter() const;
  std::vector<std::string> gas() const;
  static std::string catalog() { return "rockstar/out_0.list"; }
};

/// What every stage of a snapshot needs to know: its name, its section, the cosmology.
struct SnapshotInstance {
  std::string name;  ///< "z0"
  SnapshotSection section;
  Cosmology cosmology;
  double tolerance;
  MockFiles mock_files;
  double matter_tolerance = 0.05;

  /// Is there gas: of the mock, or files of the section's own?
  bool has_gas() const { return section.mock || !section.gas.empty(); }
  /// Patterns of the files (for find_snapshot_files): the section's own, or those in the mock's
  /// product folder under `run_directory`.
  std::string dark_matter(std::string const& run_directory) const;
  std::string gas(std::string const& run_directory) const;
  std::vector<std::string> catalog(std::string const& run_directory) const;

  /// The same as inputs of a stage. Of a mock: products ("mock/z0/dmo/snap_000.0.hdf5", ...) and no
  /// files; else no products, and the existing files. The latter throw Error(missing_input).
  std::vector<std::string> dark_matter_products() const;
  std::vector<std::string> gas_products() const;
  std::vector<std::string> catalog_products() const;
  std::vector<std::string> dark_matter_files() const;
  std::vector<std::string> gas_files() const;
  std::vector<std::string> catalog_files() const;
};
std::vector<SnapshotInstance> snapshot_instances(Configuration const& configuration);

/// Product names, in one place so that stages agree. `snapshot` is its NAME.
namespace products {
std::string clusters(std::string const& snapshot);                 ///< catalog/z0/clusters.h5
std::string halos(std::string const& snapshot);                    ///< catalog/z0/halos.h5
std::string particles(std::string const& snapshot);                ///< extract/z0/particles.h5
std::string pressure(std::string const& snapshot);                 ///< voxelize/z0/pressure.h5
std::string moments(std::string const& snapshot);                  ///< moments/z0/moments.h5
std::string gnfw(std::string const& snapshot, std::int64_t fold);  ///< fit/z0/fold0/gnfw.json
std::string skirt(std::string const& snapshot);                    ///< fit/z0/skirt/skirt.json
/// paint/z0/gas.256/grid.h5; no map has a dot in its name
std::string gas_grid(std::string const& snapshot, std::int64_t n_grid);
/// train/z0/lo_gnfw/fold2/seed1/model.h5
std::string trained(ModelInstance const& network);
/// residuals/z0/lo_gnfw/fold2/shells.h5
std::string residuals(std::string const& snapshot, std::string const& model, std::int64_t fold);
/// predict/z0/lo_gnfw/fold2/ensemble/prediction.h5
std::string prediction(std::string const& snapshot, std::string const& model, std::int64_t fold,
                       Member const& member);
/// predict/z0/lo_gnfw/fold2/ensemble/samples.h5, of a model with a code
std::string samples(std::string const& snapshot, std::string const& model, std::int64_t fold,
                    Member const& member);
}  // namespace products

}  // namespace setsz
