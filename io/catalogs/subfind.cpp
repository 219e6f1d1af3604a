// SPDX-License-Identifier: BSD-3-Clause
#include "io/catalogs/subfind.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "io/catalogs/box_coordinate.hpp"
#include "io/h5_sources.hpp"
#include "io/snapshots/h5_snapshot_file.hpp"
#include "pipeline/base/units.hpp"

namespace setsz {

namespace {

std::string const header_group = "/Header", parameters = "/Parameters";

bool recognise(FileProbe const& probe) {
  if (!probe.is_hdf5()) return false;
  auto const& file = probe.hdf5();
  return file.exists(header_group) && file.exists("/Group") &&
         file.has_attribute(header_group, "Ngroups_ThisFile");
}

std::optional<double> number(H5File const& file, char const* name) {
  for (auto const& object : {header_group, parameters})
    if (file.has_attribute(object, name)) return file.attribute<double>(object, name);
  return {};
}

std::int64_t count(H5File const& file, char const* name, char const* other) {
  bool const first = file.has_attribute(header_group, name);
  return file.attribute<std::int64_t>(header_group, first ? name : other);
}

SnapshotUnits units_of(H5File const& file) {
  SnapshotUnits units;
  if (auto const length = number(file, "UnitLength_in_cm"))
    units.length_ckpch = near_power_of_ten(*length / units::cm_per_kpc);
  if (auto const mass = number(file, "UnitMass_in_g"))
    units.mass_1e10msunh = near_power_of_ten(*mass / (1e10 * units::gram_per_msun));
  if (auto const velocity = number(file, "UnitVelocity_in_cm_per_s"))
    units.velocity_kms = near_power_of_ten(*velocity / units::cm_per_km);
  return units;
}

HaloCatalogHeader header_of(H5File const& file) {
  HaloCatalogHeader header;
  header.a = number(file, "Time");
  header.omega_m = number(file, "Omega0");
  header.omega_l = number(file, "OmegaLambda");
  header.h = number(file, "HubbleParam");
  if (auto const box = number(file, "BoxSize"))
    header.box_mpch = *box * units_of(file).length_ckpch / 1000;
  header.n_files = count(file, "NumFiles", "NumFilesPerSnapshot");
  header.has_parents = true;
  header.finder_version = file.exists(parameters) ? "GADGET-4" : "SUBFIND";
  header.columns = file.members("/Group");
  return header;
}

/// The files of a set, and the number of the first group and subhalo of each.
struct FileSet {
  std::vector<std::string> files;
  std::vector<std::int64_t> first_group{0}, first_subhalo{0};
};

/// "x.3.hdf5" is one of "x.0.hdf5", "x.1.hdf5", ...
std::vector<std::string> files_of_set(std::string const& path, std::int64_t n_files) {
  if (n_files <= 1) return {path};
  auto const dot = path.rfind('.');
  auto const before = path.rfind('.', dot - 1);
  require(dot != std::string::npos && before != std::string::npos, ExitCode::bad_data, "'", path,
          "' is one of ", n_files, " files, but its name has no number (x.0.hdf5)");
  std::vector<std::string> files;
  for (std::int64_t i = 0; i < n_files; ++i)
    files.push_back(concat(path.substr(0, before + 1), i, path.substr(dot)));
  return files;
}

/// Opened once a process; the files do not change while they are read.
FileSet const& set_of(std::string const& path, std::int64_t n_files) {
  static std::map<std::string, FileSet> known;
  auto files = files_of_set(path, n_files);
  auto const found = known.find(files.front());
  if (found != known.end() && found->second.files == files) return found->second;
  FileSet set;
  for (auto const& name : files) {
    auto const file = H5File::open(name);
    set.first_group.push_back(set.first_group.back() +
                              count(file, "Ngroups_ThisFile", "Ngroups_ThisFile"));
    set.first_subhalo.push_back(set.first_subhalo.back() +
                                count(file, "Nsubhalos_ThisFile", "Nsubgroups_ThisFile"));
  }
  set.files = std::move(files);
  return known[set.files.front()] = std::move(set);
}

/// Mass and radius of a definition.
std::pair<std::string, std::string> datasets_of(MassDefinition definition) {
  auto const names = [](char const* suffix) {
    return std::pair(concat("/Group/Group_M_", suffix), concat("/Group/Group_R_", suffix));
  };
  switch (definition) {
    case MassDefinition::m200c:
      return names("Crit200");
    case MassDefinition::m200m:
      return names("Mean200");
    case MassDefinition::m500c:
      return names("Crit500");
    case MassDefinition::vir:
      return names("TopHat200");
  }
  fail(ExitCode::internal, "unknown mass definition");
}

/// What is read of some subhaloes; they may lie in several files of the set.
struct Subhalos {
  std::int64_t first = 0;
  std::vector<double> velocity, spin, mass, dispersion;

  bool has(std::int64_t subhalo) const {
    return subhalo >= first && subhalo - first < std::ssize(mass);
  }
};

std::vector<double> rows_of(H5File const& file, std::string const& dataset, Range rows,
                            std::int64_t columns, std::int64_t n_in_file) {
  auto const info = file.info(dataset);
  bool const fits =
      !info.shape.empty() && info.shape[0] == n_in_file &&
      (columns == 1 ? info.shape.size() == 1 : info.shape.size() == 2 && info.shape[1] == columns);
  require(fits, ExitCode::bad_data, "'", file.path(), "': ", dataset, " does not have ", n_in_file,
          " rows of ", columns, " numbers, as the header says");
  file.require_filters(dataset);
  require_written(file, dataset);
  return file.read_rows<double>(dataset, rows);
}

Subhalos read_subhalos(FileSet const& set, Range wanted) {
  Subhalos all;
  all.first = wanted.first;
  for (std::size_t i = 0; i < set.files.size(); ++i) {
    Range const rows{std::max(wanted.first, set.first_subhalo[i]) - set.first_subhalo[i],
                     std::min(wanted.last, set.first_subhalo[i + 1]) - set.first_subhalo[i]};
    if (rows.size() <= 0) continue;
    auto const file = H5File::open(set.files[i]);
    auto const n = set.first_subhalo[i + 1] - set.first_subhalo[i];
    auto const append = [&](std::vector<double>& to, char const* name, std::int64_t columns) {
      auto const values = rows_of(file, concat("/Subhalo/", name), rows, columns, n);
      to.insert(to.end(), values.begin(), values.end());
    };
    append(all.velocity, "SubhaloVel", 3);
    append(all.spin, "SubhaloSpin", 3);
    append(all.mass, "SubhaloMass", 1);
    append(all.dispersion, "SubhaloVelDisp", 1);
  }
  return all;
}

class SubfindFile : public CatalogFile {
 public:
  explicit SubfindFile(std::string const& path)
      : file_(H5File::open(path)), header_(header_of(file_)), units_(units_of(file_)) {}

  HaloCatalogHeader const& header() const override { return header_; }

  std::int64_t take_share(int rank, int n_ranks) override {
    n_groups_ = count(file_, "Ngroups_ThisFile", "Ngroups_ThisFile");
    share_ = even_range(n_groups_, rank, n_ranks);
    return share_.size();
  }

  void read(CatalogRequest const& request, std::int64_t, HaloVisitor const& visit) override {
    if (share_.size() == 0) return;
    auto const& set = set_of(file_.path(), *header_.n_files);
    auto const own = std::find(set.files.begin(), set.files.end(), file_.path());
    require(own != set.files.end(), ExitCode::bad_data, "'", file_.path(),
            "' has a number that its set of ", set.files.size(), " files does not have");
    auto const first_group = set.first_group[own - set.files.begin()];
    auto const [mass_name, radius_name] = datasets_of(request.definition);
    auto const group = [&](std::string const& name, std::int64_t columns) {
      return rows_of(file_, name, share_, columns, n_groups_);
    };
    auto const mass = group(mass_name, 1), radius = group(radius_name, 1);
    auto const position = group("/Group/GroupPos", 3), velocity = group("/Group/GroupVel", 3);
    std::vector<double> whole;  // mass of all particles that are linked
    if (file_.exists("/Group/GroupMass")) whole = group("/Group/GroupMass", 1);
    auto const central = read_centrals();
    auto const subhalos = read_subhalos(set, range_of(central));
    double const box = request.box_of(header_), a = header_.a.value_or(1);
    for (std::int64_t i = 0; i < share_.size(); ++i) {
      Halo halo;
      halo.id = first_group + share_.first + i;
      halo.line = halo.id;
      halo.mass = units_.mass_1e10msunh * mass[i];
      if (!whole.empty()) halo.other_mass = units_.mass_1e10msunh * whole[i];
      halo.radius_ckpch = radius[i] > 0 ? units_.length_ckpch * radius[i] : -1;
      for (std::size_t d = 0; d < 3; ++d) {
        halo.position[d] =
            box_coordinate(units_.length_ckpch * position[3 * i + static_cast<std::int64_t>(d)],
                           box, [&] { return concat("'", file_.path(), "': group ", halo.id); });
        // Groups have v_pec x a in both codes.
        halo.velocity[d] = units_.velocity_kms * velocity[3 * i + static_cast<std::int64_t>(d)] / a;
      }
      if (subhalos.has(central[i])) take_central(halo, subhalos, central[i] - subhalos.first);
      require(std::isfinite(halo.mass) && halo.mass >= 0 && std::isfinite(norm2(halo.velocity)),
              ExitCode::bad_data, "'", file_.path(), "': group ", halo.id, " has the mass ",
              halo.mass, " and the velocity ", norm(halo.velocity));
      visit(halo);
    }
  }

 private:
  /// -1, or 2^32 - 1 in older files: the group has no subhalo.
  std::vector<std::int64_t> read_centrals() const {
    std::string const name = "/Group/GroupFirstSub";
    std::vector<std::int64_t> central(share_.size(), -1);
    if (!file_.exists(name)) return central;
    central = file_.read_rows<std::int64_t>(name, share_);
    constexpr std::int64_t none = (std::int64_t{1} << 32) - 1;
    for (auto& subhalo : central)
      if (subhalo == none) subhalo = -1;
    return central;
  }
  static Range range_of(std::vector<std::int64_t> const& central) {
    Range range{0, 0};
    for (auto const subhalo : central) {
      if (subhalo < 0) continue;
      if (range.size() == 0) range = {subhalo, subhalo + 1};
      range = {std::min(range.first, subhalo), std::max(range.last, subhalo + 1)};
    }
    return range;
  }
  void take_central(Halo& halo, Subhalos const& subhalos, std::int64_t row) const {
    double const mass = units_.mass_1e10msunh * subhalos.mass[row];
    for (std::size_t d = 0; d < 3; ++d) {
      auto const at = 3 * row + static_cast<std::int64_t>(d);
      halo.velocity[d] = units_.velocity_kms * subhalos.velocity[at];
      halo.angular_momentum[d] =
          mass * units_.length_ckpch * units_.velocity_kms * subhalos.spin[at];
    }
    halo.dispersion_kms = units_.velocity_kms * subhalos.dispersion[row];
  }

  H5File file_;
  HaloCatalogHeader header_;
  SnapshotUnits units_;
  std::int64_t n_groups_ = 0;
  Range share_;
};

std::unique_ptr<CatalogFile> open(std::string const& path) {
  return std::make_unique<SubfindFile>(path);
}

}  // namespace

CatalogFormat subfind_format() { return {"SUBFIND/FOF HDF5", recognise, open, "subfind"}; }

}  // namespace setsz
