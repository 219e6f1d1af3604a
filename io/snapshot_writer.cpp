// SPDX-License-Identifier: BSD-3-Clause
#include "io/snapshot_writer.hpp"

#include <cmath>
#include <limits>

#include "io/h5.hpp"

namespace setsz {

namespace {

template <class T>
std::vector<T> flat(std::vector<Vec3> const& vectors, double factor = 1) {
  std::vector<T> values;
  values.reserve(3 * vectors.size());
  for (auto const& v : vectors) {
    for (double const x : {v.x, v.y, v.z}) values.push_back(static_cast<T>(factor * x));
  }
  return values;
}

/// Writes the datasets of one particle type, all with the same number of rows.
class GroupWriter {
 public:
  GroupWriter(H5File& file, std::string group, std::int64_t n_rows)
      : file_(file), group_(std::move(group)), n_rows_(n_rows) {}

  void vectors(char const* name, std::vector<Vec3> const& values, double factor,
               StoredPositions precision, FieldInfo const& info) {
    check(name, values.size());
    if (precision == StoredPositions::twice) {
      file_.write_same(group_ + name, info, flat<double>(values, factor), {3});
    } else {
      file_.write_same(group_ + name, info, flat<float>(values, factor), {3});
    }
  }
  void numbers(char const* name, std::vector<double> const& values, FieldInfo const& info) {
    check(name, values.size());
    file_.write_same(group_ + name, info, std::vector<float>(values.begin(), values.end()));
  }
  void ids(std::vector<std::uint64_t> const& values) {
    check("ParticleIDs", values.size());
    file_.write_same(group_ + "ParticleIDs", {"1", 0, 0, "", "unique number"}, values);
  }

 private:
  void check(char const* name, std::int64_t n) const {
    require(n == n_rows_, ExitCode::internal, group_, name, " of '", file_.path(), "' would have ",
            n, " rows, the header says ", n_rows_);
  }
  H5File& file_;
  std::string group_;
  std::int64_t n_rows_;
};

void write_header(H5File& file, SnapshotHeader const& header, int n_files,
                  std::array<std::int64_t, 6> const& n_this_file) {
  std::vector<std::int32_t> in_file;
  std::vector<std::uint32_t> low, high;
  for (std::size_t type = 0; type < 6; ++type) {
    require(n_this_file[type] <= std::numeric_limits<std::int32_t>::max(), ExitCode::internal,
            n_this_file[type], " particles are too many for one file");
    in_file.push_back(std::int32_t(n_this_file[type]));
    auto const total = header.n_particles[type];
    low.push_back(std::uint32_t(total & 0xffffffff));
    high.push_back(std::uint32_t(total >> 32));
  }
  file.create_group("/Header");
  file.set_attribute("/Header", "BoxSize", header.box_ckpch);
  file.set_attribute("/Header", "Time", header.a);
  file.set_attribute("/Header", "Redshift", header.redshift);
  file.set_attribute("/Header", "Omega0", header.cosmology.omega_m);
  file.set_attribute("/Header", "OmegaLambda", header.cosmology.omega_l);
  file.set_attribute("/Header", "OmegaBaryon", header.cosmology.omega_b);
  file.set_attribute("/Header", "HubbleParam", header.cosmology.h);
  file.set_attribute("/Header", "NumFilesPerSnapshot", std::int32_t{n_files});
  file.set_attribute_list("/Header", "NumPart_ThisFile", in_file);
  file.set_attribute_list("/Header", "NumPart_Total", low);
  file.set_attribute_list("/Header", "NumPart_Total_HighWord", high);
  file.set_attribute_list("/Header", "MassTable",
                          std::vector<double>(header.mass_table.begin(), header.mass_table.end()));
  // The units that TNG's own headers state.
  file.set_attribute("/Header", "UnitLength_in_cm", 3.085678e21);
  file.set_attribute("/Header", "UnitMass_in_g", 1.989e43);
  file.set_attribute("/Header", "UnitVelocity_in_cm_per_s", 1e5);
}

FieldInfo const position_field{"ckpc/h", 1, -1, "box", "position"};
FieldInfo const velocity_field{"km sqrt(a)/s", 0.5, 0, "box", "peculiar velocity over sqrt(a)"};
FieldInfo const mass_field{"1e10 Msun/h", 0, -1, "", "mass"};

}  // namespace

void write_snapshot_file(std::string const& path, SnapshotHeader const& header, int n_files,
                         std::array<std::int64_t, 6> const& n_this_file,
                         DarkMatterFile const* dark_matter, GasFile const* gas,
                         StoredPositions positions) {
  auto file = H5File::create_serial(path);
  write_header(file, header, n_files, n_this_file);
  double const per_sqrt_a = 1 / std::sqrt(header.a);
  if (dark_matter && n_this_file[1] > 0) {
    GroupWriter group(file, "/PartType1/", n_this_file[1]);
    group.vectors("Coordinates", dark_matter->position, 1, positions, position_field);
    group.vectors("Velocities", dark_matter->velocity, per_sqrt_a, StoredPositions::single,
                  velocity_field);
    group.ids(dark_matter->id);
    if (header.mass_table[1] == 0) group.numbers("Masses", dark_matter->mass, mass_field);
  }
  if (gas && n_this_file[0] > 0) {
    GroupWriter group(file, "/PartType0/", n_this_file[0]);
    group.vectors("Coordinates", gas->position, 1, positions, position_field);
    if (!gas->velocity.empty()) {
      group.vectors("Velocities", gas->velocity, per_sqrt_a, StoredPositions::single,
                    velocity_field);
    }
    group.ids(gas->id);
    group.numbers("Masses", gas->mass, mass_field);
    group.numbers("Density", gas->density,
                  {"1e10 Msun/h (ckpc/h)^-3", -3, 2, "", "comoving density"});
    group.numbers("InternalEnergy", gas->internal_energy,
                  {"(km/s)^2", 0, 0, "", "thermal energy per mass"});
    group.numbers("ElectronAbundance", gas->electron_abundance,
                  {"1", 0, 0, "", "electrons per hydrogen atom"});
    if (!gas->star_formation_rate.empty()) {
      group.numbers("StarFormationRate", gas->star_formation_rate,
                    {"Msun/yr", 0, 0, "", "star formation rate"});
    }
    if (!gas->smoothing_length.empty()) {
      group.numbers("SmoothingLength", gas->smoothing_length,
                    {"ckpc/h", 1, -1, "", "support radius of the SPH kernel"});
    }
  }
  file.close();
}

}  // namespace setsz
