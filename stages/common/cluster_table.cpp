// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/cluster_table.hpp"

#include <algorithm>
#include <cmath>

#include "io/h5.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/morton.hpp"
#include "pipeline/base/units.hpp"
#include "stages/common/cosmology_header.hpp"
#include "stages/common/row_order.hpp"

namespace setsz {

namespace {

constexpr std::int64_t format_version = 1;

FieldInfo const id_info{.unit = "1", .description = "number in the halo catalogue"};
FieldInfo const position_info{.unit = "ckpc/h",
                              .a_power = 1,
                              .h_power = -1,
                              .frame = "box",
                              .description = "centre of the catalogue"};
FieldInfo const mass_info{
    .unit = "1e10 Msun/h", .h_power = -1, .description = "mass in the file's mass_definition"};
FieldInfo const radius_info{.unit = "ckpc/h",
                            .a_power = 1,
                            .h_power = -1,
                            .description = "comoving radius that mass and definition imply"};

FieldInfo const velocity_info{
    .unit = "km/s", .frame = "box", .description = "physical peculiar velocity of the catalogue"};

void write_header(H5File& file, ClusterTable const& table) {
  file.set_attribute("/", "format_version", format_version);
  file.set_attribute("/", "box_ckpch", table.box_ckpch);
  write_cosmology(file, table);
  file.set_attribute("/", "mass_definition", table.mass_definition);
}

template <class Items, class Item, class Column>
auto column(Items const& items, Column Item::*member) {
  std::vector<Column> values;
  values.reserve(items.size());
  for (auto const& item : items) values.push_back(item.*member);
  return values;
}

/// Rows of three numbers, one after the other.
template <class Items, class Item>
std::vector<double> triples(Items const& items, Vec3 Item::*member) {
  std::vector<double> values;
  values.reserve(3 * items.size());
  for (auto const& item : items)
    for (std::size_t k = 0; k < 3; ++k) values.push_back((item.*member)[k]);
  return values;
}

template <class Item, class Column>
void fill(std::vector<Item>& items, Column Item::*member, std::vector<Column> const& values,
          std::string const& path, std::string_view name) {
  require(values.size() == items.size(), ExitCode::bad_data, "'", path, "': dataset ", name,
          " has ", values.size(), " rows, /clusters/id ", items.size());
  for (std::size_t i = 0; i < items.size(); ++i) items[i].*member = values[i];
}

template <class Item>
void fill(std::vector<Item>& items, Vec3 Item::*member, std::vector<double> const& values,
          std::string const& path, std::string_view name) {
  require(values.size() == 3 * items.size(), ExitCode::bad_data, "'", path, "': dataset ", name,
          " has ", values.size(), " numbers, expected 3 x ", items.size());
  for (std::size_t i = 0; i < items.size(); ++i)
    items[i].*member = {values[3 * i], values[3 * i + 1], values[3 * i + 2]};
}

}  // namespace

std::vector<std::int64_t> ClusterTable::rows_of(Split part, std::int64_t fold) const {
  std::vector<std::int64_t> rows;
  for (std::int64_t row = 0; row < size(); ++row)
    if (split_of(row, fold) == part) rows.push_back(row);
  return rows;
}

std::string_view name_of(Split split) {
  constexpr std::string_view names[] = {"training", "validation", "testing", "left out"};
  return names[static_cast<std::size_t>(split)];
}

void write_cosmology(H5File& file, ClusterTable const& table) {
  file.set_attribute("/", "a", table.a);
  file.set_attribute("/", "redshift", table.redshift);
  file.set_attribute("/", "omega_m", table.cosmology.omega_m);
  file.set_attribute("/", "omega_l", table.cosmology.omega_l);
  file.set_attribute("/", "omega_b", table.cosmology.omega_b);
  file.set_attribute("/", "h", table.cosmology.h);
}

double y_unit(Cluster const& cluster, double h) {
  return units::compton_y_per_code(h) * cluster.p200 * std::pow(cluster.r200c, 3);
}

bool in_row_order(Vec3 const& position_a, std::int64_t id_a, Vec3 const& position_b,
                  std::int64_t id_b, double box_ckpch) {
  auto const key_a = morton_key(position_a, box_ckpch), key_b = morton_key(position_b, box_ckpch);
  return key_a != key_b ? key_a < key_b : id_a < id_b;
}

void write_clusters(Comm const& comm, std::string const& path, ClusterTable const& table) {
  auto const& clusters = table.clusters;
  FieldInfo const v200{.unit = "km/s", .description = "sqrt(G M / physical R)"};
  FieldInfo const p200{.unit = "1e10 Msun/h (km/s)^2 (ckpc/h)^-3",
                       .a_power = -3,
                       .h_power = 2,
                       .description = "comoving a^3 100 G rho_crit(z) f_b M / physical R"};
  FieldInfo const xoff{
      .unit = "ckpc/h",
      .a_power = 1,
      .h_power = -1,
      .description = "distance of centre and centre of mass; < 0: not in the catalogue"};
  FieldInfo const voff{.unit = "km/s", .description = "the same for velocities"};
  FieldInfo const momentum{.unit = "1e10 Msun/h kpc/h km/s",
                           .h_power = -2,
                           .frame = "box",
                           .description = "angular momentum of the catalogue, physical length"};
  FieldInfo const split{.unit = "1",
                        .description = "0 training, 1 validation, 2 testing; one column per fold"};

  auto file = H5File::create(comm, path);
  write_header(file, table);
  file.set_attribute("/", "mass_min", table.mass_min);
  file.set_attribute("/", "n_folds", table.n_folds);
  file.write_same("/clusters/id", id_info, column(clusters, &Cluster::id));
  file.write_same("/clusters/position", position_info, triples(clusters, &Cluster::position), {3});
  file.write_same("/clusters/velocity", velocity_info, triples(clusters, &Cluster::velocity), {3});
  file.write_same("/clusters/m200c", mass_info, column(clusters, &Cluster::m200c));
  file.write_same("/clusters/r200c", radius_info, column(clusters, &Cluster::r200c));
  file.write_same("/clusters/v200", v200, column(clusters, &Cluster::v200));
  file.write_same("/clusters/p200", p200, column(clusters, &Cluster::p200));
  file.write_same("/clusters/xoff", xoff, column(clusters, &Cluster::xoff_ckpch));
  file.write_same("/clusters/voff", voff, column(clusters, &Cluster::voff_kms));
  file.write_same("/clusters/angular_momentum", momentum,
                  triples(clusters, &Cluster::angular_momentum), {3});
  std::vector<std::uint8_t> parts;
  for (auto part : table.split) parts.push_back(static_cast<std::uint8_t>(part));
  file.write_same("/clusters/split", split, parts, {table.n_folds});
  file.close();
}

namespace {

ClusterTable read_header(H5File const& file, std::string const& path) {
  auto const number = [&](char const* name) { return file.attribute<double>("/", name); };
  auto const version = file.attribute<std::int64_t>("/", "format_version");
  require(version == format_version, ExitCode::bad_data, "'", path, "' has format_version ",
          version, ", this program reads ", format_version, "; run the stage catalog again");
  ClusterTable table;
  table.box_ckpch = number("box_ckpch");
  table.a = number("a");
  table.redshift = number("redshift");
  table.cosmology = {number("omega_m"), number("omega_l"), number("omega_b"), number("h")};
  table.mass_definition = file.attribute<std::string>("/", "mass_definition");
  table.mass_min = number("mass_min");
  table.n_folds = file.attribute<std::int64_t>("/", "n_folds");
  return table;
}

std::vector<Cluster> read_rows(H5File const& file, std::string const& path) {
  auto const ids = file.read_all<std::int64_t>("/clusters/id");
  std::vector<Cluster> clusters(ids.size());
  fill(clusters, &Cluster::id, ids, path, "/clusters/id");
  auto const read = [&](char const* name, auto Cluster::*member) {
    using Column = std::remove_reference_t<decltype(clusters[0].*member)>;
    using Stored = std::conditional_t<std::is_same_v<Column, Vec3>, double, Column>;
    fill(clusters, member, file.read_all<Stored>(name), path, name);
  };
  read("/clusters/position", &Cluster::position);
  read("/clusters/velocity", &Cluster::velocity);
  read("/clusters/m200c", &Cluster::m200c);
  read("/clusters/r200c", &Cluster::r200c);
  read("/clusters/v200", &Cluster::v200);
  read("/clusters/p200", &Cluster::p200);
  read("/clusters/xoff", &Cluster::xoff_ckpch);
  read("/clusters/voff", &Cluster::voff_kms);
  read("/clusters/angular_momentum", &Cluster::angular_momentum);
  return clusters;
}

std::vector<Split> read_split(H5File const& file, std::string const& path) {
  auto const parts = file.read_all<std::uint8_t>("/clusters/split");
  std::vector<Split> split;
  split.reserve(parts.size());
  for (auto part : parts) {
    require(part <= 2, ExitCode::bad_data, "'", path, "': /clusters/split holds ", int{part},
            ", 0 to 2 wanted");
    split.push_back(static_cast<Split>(part));
  }
  return split;
}

/// \param rows  or all but these
ClusterTable read_table(std::string const& path, bool rows) {
  auto const file = H5File::open(path);
  auto table = read_header(file, path);
  table.split = read_split(file, path);
  if (!rows) return table;
  table.clusters = read_rows(file, path);
  require(table.n_folds > 0 && std::ssize(table.split) == table.size() * table.n_folds,
          ExitCode::bad_data, "'", path, "': /clusters/split has ", table.split.size(),
          " numbers, expected ", table.size(), " clusters x ", table.n_folds, " folds");
  return table;
}

}  // namespace

ClusterTable read_clusters(std::string const& path) { return read_table(path, true); }

ClusterTable read_clusters(Comm const& comm, std::string const& path) {
  NodeMemory const node(comm);
  ClusterTable table;
  collectively(comm, "", [&] { table = read_table(path, node.leads()); });
  if (node.is_shared() && !table.clusters.share(node, "the table of clusters"))
    collectively(comm, "", [&] {
      if (!node.leads()) table = read_clusters(path);
    });
  return table;
}

void write_fill_halos(Comm const& comm, std::string const& path, ClusterTable const& table,
                      double mass_min, std::vector<FillHalo> mine) {
  auto const halos = sorted_over_ranks(comm, std::move(mine), table.box_ckpch);
  auto file = H5File::create(comm, path);
  write_header(file, table);
  file.set_attribute("/", "mass_min", mass_min);
  file.write_spread("/halos/id", id_info, column(halos, &FillHalo::id));
  file.write_spread("/halos/position", position_info, triples(halos, &FillHalo::position), {3});
  file.write_spread("/halos/m200c", mass_info, column(halos, &FillHalo::m200c));
  file.write_spread("/halos/r200c", radius_info, column(halos, &FillHalo::r200c));
  file.write_spread("/halos/velocity", velocity_info, triples(halos, &FillHalo::velocity), {3});
  file.close();
}

std::int64_t count_fill_halos(std::string const& path) {
  return H5File::open(path).info("/halos/id").shape.at(0);
}

std::vector<FillHalo> read_fill_halos(std::string const& path, Range rows) {
  auto const file = H5File::open(path);
  std::vector<FillHalo> halos(rows.size());
  fill(halos, &FillHalo::id, file.read_rows<std::int64_t>("/halos/id", rows), path, "/halos/id");
  fill(halos, &FillHalo::position, file.read_rows<double>("/halos/position", rows), path,
       "/halos/position");
  fill(halos, &FillHalo::m200c, file.read_rows<double>("/halos/m200c", rows), path, "/halos/m200c");
  fill(halos, &FillHalo::r200c, file.read_rows<double>("/halos/r200c", rows), path, "/halos/r200c");
  fill(halos, &FillHalo::velocity, file.read_rows<double>("/halos/velocity", rows), path,
       "/halos/velocity");
  return halos;
}

}  // namespace setsz
