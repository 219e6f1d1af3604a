// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/cluster_table.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

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
void fill(std::span<Item> items, Column Item::*member, std::vector<Column> const& values) {
  for (std::size_t i = 0; i < items.size(); ++i) items[i].*member = values[i];
}

template <class Item>
void fill(std::span<Item> items, Vec3 Item::*member, std::vector<double> const& values) {
  for (std::size_t i = 0; i < items.size(); ++i)
    items[i].*member = {values[3 * i], values[3 * i + 1], values[3 * i + 2]};
}

/// Some of the rows of a dataset. \param ids  the dataset that says how many it must have
template <class Item, class Column>
void read_column(H5File const& file, char const* ids, char const* name, std::int64_t first,
                 std::span<Item> items, Column Item::*member) {
  using Stored = std::conditional_t<std::is_same_v<Column, Vec3>, double, Column>;
  constexpr std::int64_t width = std::is_same_v<Column, Vec3> ? 3 : 1;
  auto const n = file.info(ids).shape.at(0);
  auto const shape = file.info(name).shape;
  std::vector<std::int64_t> wanted{n};
  if (width > 1) wanted.push_back(width);
  require(shape == wanted, ExitCode::bad_data, "'", file.path(), "': dataset ", name, " has ",
          shape.empty() ? 1 : shape[0], " rows of ", shape.size() > 1 ? shape[1] : 1,
          " numbers, expected ", n, " (as ", ids, ") of ", width);
  fill(items, member, file.read_rows<Stored>(name, {first, first + std::ssize(items)}));
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

std::int64_t count_clusters(H5File const& file) { return file.info("/clusters/id").shape.at(0); }

/// All of them. What is read lies beside the rows for a moment: not all of it at once.
void read_rows(H5File const& file, std::span<Cluster> clusters) {
  constexpr std::size_t rows_at_a_time = 1 << 18;
  for (std::size_t first = 0; first < clusters.size(); first += rows_at_a_time) {
    auto const rows = clusters.subspan(first, std::min(rows_at_a_time, clusters.size() - first));
    auto const read = [&](char const* name, auto Cluster::*member) {
      read_column(file, "/clusters/id", name, static_cast<std::int64_t>(first), rows, member);
    };
    read("/clusters/id", &Cluster::id);
    read("/clusters/position", &Cluster::position);
    read("/clusters/velocity", &Cluster::velocity);
    read("/clusters/m200c", &Cluster::m200c);
    read("/clusters/r200c", &Cluster::r200c);
    read("/clusters/v200", &Cluster::v200);
    read("/clusters/p200", &Cluster::p200);
    read("/clusters/xoff", &Cluster::xoff_ckpch);
    read("/clusters/voff", &Cluster::voff_kms);
    read("/clusters/angular_momentum", &Cluster::angular_momentum);
  }
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

/// All but the rows.
ClusterTable read_frame(H5File const& file, std::string const& path) {
  auto table = read_header(file, path);
  table.split = read_split(file, path);
  auto const n = count_clusters(file);
  require(table.n_folds > 0 && std::ssize(table.split) == n * table.n_folds, ExitCode::bad_data,
          "'", path, "': /clusters/split has ", table.split.size(), " numbers, expected ", n,
          " clusters x ", table.n_folds, " folds");
  return table;
}

}  // namespace

ClusterTable read_clusters(std::string const& path) {
  auto const file = H5File::open(path);
  auto table = read_frame(file, path);
  std::vector<Cluster> rows(static_cast<std::size_t>(count_clusters(file)));
  read_rows(file, rows);
  table.clusters = std::move(rows);
  return table;
}

ClusterTable read_clusters(Comm const& comm, std::string const& path) {
  ClusterTable table;
  NodeMemory const node(comm);
  if (!node.is_shared()) {
    collectively(comm, "", [&] { table = read_clusters(path); });
    return table;
  }
  std::optional<H5File> file;
  std::int64_t n = 0;
  collectively(comm, "", [&] {
    file.emplace(H5File::open(path));
    table = read_frame(*file, path);
    n = count_clusters(*file);
  });
  auto rows =
      NodeRows<Cluster>::filled(node, n, "the table of clusters", [&](std::span<Cluster> clusters) {
        collectively(comm, "", [&] {
          if (node.leads()) read_rows(*file, clusters);
        });
      });
  if (rows)
    table.clusters = std::move(*rows);
  else
    collectively(comm, "", [&] {
      std::vector<Cluster> own(static_cast<std::size_t>(n));
      read_rows(*file, own);
      table.clusters = std::move(own);
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
  auto const read = [&](char const* name, auto FillHalo::*member) {
    read_column(file, "/halos/id", name, rows.first, std::span(halos), member);
  };
  read("/halos/id", &FillHalo::id);
  read("/halos/position", &FillHalo::position);
  read("/halos/m200c", &FillHalo::m200c);
  read("/halos/r200c", &FillHalo::r200c);
  read("/halos/velocity", &FillHalo::velocity);
  return halos;
}

}  // namespace setsz
