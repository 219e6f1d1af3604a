// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/lightcone_table_work.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>

#include "io/h5.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/units.hpp"
#include "stages/halos/gas_integrals.hpp"
#include "stages/halos/nfw_mass.hpp"

namespace setsz {
namespace {

constexpr double degrees = 180 / std::numbers::pi;
constexpr double arcmin2_per_sr = 60 * degrees * 60 * degrees;

/// Makes rows of the images of one set of haloes in one snapshot.
class RowMaker {
 public:
  RowMaker(HaloSource const& source, Population const& population, std::int32_t snapshot)
      : source_(source),
        cosmology_(population.table().cosmology),
        definition_(definition_named(population.table().mass_definition)),
        mass_disagrees_(population.mass_disagrees()),
        snapshot_(snapshot) {}

  LightconeRow make(HaloImage const& image, double redshift) {
    auto const& halo = image.halo;
    if (!gas_ || halo.row != row_ || halo.sample != sample_)
      gas_.emplace(source_.gas_of(halo, compton_y_));
    row_ = halo.row;
    sample_ = halo.sample;
    Vec3 const to_halo = unit(image.seen);
    LightconeRow row;
    row.id = halo.id;
    row.longitude = std::atan2(to_halo.y, to_halo.x) * degrees;
    if (row.longitude < 0) row.longitude += 360;
    row.latitude = std::atan2(to_halo.z, std::hypot(to_halo.x, to_halo.y)) * degrees;
    row.redshift = redshift;
    row.distance = norm(image.seen);
    row.mass = single(halo.mass * units::msunh_per_code);
    row.r200 = single(halo.r200);
    row.velocity = single(dot(image.turn * halo.velocity, to_halo));
    row.cell = image.cell;
    row.snapshot = snapshot_;
    row.sample = static_cast<std::int32_t>(halo.sample);
    row.flags = flags_of(image);
    // The line of sight in the frame of the box.
    Vec3 const line = image.turn.inverse() * to_halo;
    add_sums(integrals_of(*gas_, radius_of(MassDefinition::m200c, halo, redshift),
                          radius_of(MassDefinition::m500c, halo, redshift), line),
             source_.weight_of(image, compton_y_), image, row);
    return row;
  }

 private:
  static MassDefinition definition_named(std::string const& name) {
    for (auto const one : {MassDefinition::m200c, MassDefinition::m200m, MassDefinition::m500c})
      if (name == name_of(one)) return one;
    return MassDefinition::vir;
  }
  /// The radius in another definition, of an NFW halo.
  double radius_of(MassDefinition wanted, BoxHalo const& halo, double redshift) const {
    if (wanted == definition_) return halo.r200;
    double const c = concentration(ConcentrationRelation::duffy2008, definition_, cosmology_,
                                   redshift, halo.mass);
    auto const other = converted({halo.mass, c}, definition_, wanted, cosmology_, redshift);
    return halo.r200 * radius_of_mass(wanted, cosmology_, redshift, other.mass) /
           radius_of_mass(definition_, cosmology_, redshift, halo.mass);
  }
  static void add_sums(GasIntegrals const& sums, double weight, HaloImage const& image,
                       LightconeRow& row) {
    double const unit = weight * arcmin2_per_sr / norm2(image.seen);
    row.y_200 = single(unit * sums.within_r200);
    row.y_500 = single(unit * sums.within_r500);
    row.y_cylinder = single(unit * sums.in_cylinder);
    row.y_total = single(unit * sums.total);
    row.y_centre = single(weight * sums.along_centre);
  }
  std::int32_t flags_of(HaloImage const& image) const {
    bool const cube = gas_->is_cube();
    bool const disagrees =
        source_.kind() == HaloKind::cluster && std::ranges::binary_search(mass_disagrees_, row_);
    return (cube ? lightcone_cube : 0) | (gas_->claims().empty() ? 0 : lightcone_claimed) |
           (image.at_face ? lightcone_at_face : 0) | (disagrees ? lightcone_mass_disagrees : 0);
  }

  HaloSource const& source_;
  Field const& compton_y_ = field_table().front();
  Cosmology const& cosmology_;
  MassDefinition definition_;
  std::vector<std::int64_t> mass_disagrees_;
  std::int32_t snapshot_;
  std::optional<HaloGas> gas_;
  std::int64_t row_ = -1, sample_ = 0;
};

template <class T>
std::vector<T> column(std::vector<LightconeRow> const& rows, T LightconeRow::*member) {
  std::vector<T> values;
  values.reserve(rows.size());
  for (auto const& row : rows) values.push_back(row.*member);
  return values;
}

/// Appends all rows of one set, share by share.
void append_rows(Comm const& comm, HaloSource const& source, SkyCanvas const& canvas,
                 RowMaker maker, DistanceTable const& distances, RowTable& table) {
  constexpr std::int64_t places_per_share = 1 << 16, rows_per_mark = 64;
  std::int64_t const n_places = source.n_places(), turn = places_per_share * comm.size();
  for (std::int64_t first = 0; first < n_places; first += turn) {
    std::vector<LightconeRow> rows;
    collectively(comm, "sky: rows of the light cone", [&] {
      Range const share = even_range(std::min(turn, n_places - first), comm.rank(), comm.size());
      std::vector<HaloImage> images;
      source.find_images({first + share.first, first + share.last}, images);
      for (auto const& image : images) {
        if (canvas.touched(image.seen, image.halo.reach).size() == 0) continue;
        rows.push_back(maker.make(image, distances.redshift_at(norm(image.seen))));
        if (std::ssize(rows) % rows_per_mark == 0) mark_progress("sky");
      }
    });
    table.append(column_values(rows));
  }
}

/// Which halo, and where.
std::vector<RowColumn> place_columns(std::string const& definition) {
  std::vector<double> const d;
  std::vector<float> const f;
  return {
      {"id",
       {.unit = "1", .description = "number in the halo catalogue"},
       "",
       std::vector<std::int64_t>{}},
      {"longitude", {.unit = "degree", .frame = "sky", .description = "of the map: phi"}, "deg", d},
      {"latitude", {.unit = "degree", .frame = "sky", .description = "90 - theta"}, "deg", d},
      {"redshift", {.unit = "1", .description = "cosmological, without peculiar velocity"}, "", d},
      {"distance",
       {.unit = "ckpc/h", .a_power = 1, .h_power = -1, .frame = "sky", .description = "comoving"},
       "kpc/h",
       d},
      {"m" + definition,
       {.unit = "Msun/h", .h_power = -1, .description = "mass in the file's mass_definition"},
       "solMass/h",
       f},
      {"r" + definition,
       {.unit = "ckpc/h", .a_power = 1, .h_power = -1, .description = "comoving, of this mass"},
       "kpc/h",
       f},
      {"v_los",
       {.unit = "km/s",
        .frame = "sky",
        .description = "peculiar, along the line of sight, away > 0"},
       "km/s",
       f},
  };
}

/// Its gas, and its origin.
std::vector<RowColumn> gas_columns() {
  std::vector<float> const f;
  std::vector<std::int32_t> const i;
  std::string const arcmin2 = "arcmin^2";
  return {
      {"y_200c",
       {.unit = arcmin2, .description = "Compton y of the sphere within R200c"},
       "arcmin**2",
       f},
      {"y_500c",
       {.unit = arcmin2,
        .description = "within R500c; what is not the radius of the mass follows from an NFW "
                       "profile with the concentration of Duffy et al. (2008)"},
       "arcmin**2",
       f},
      {"y_cyl",
       {.unit = arcmin2,
        .description = "within R200c of the line of sight, as far as the gas of the halo reaches"},
       "arcmin**2",
       f},
      {"y_total",
       {.unit = arcmin2, .description = "all gas of the halo, to where it is cut"},
       "arcmin**2",
       f},
      {"y0",
       {.unit = "1", .description = "Compton y of the line of sight through the centre"},
       "",
       f},
      {"replica",
       {.unit = "1", .frame = "sky", .description = "cell of the lattice of boxes: x, y, z"},
       "",
       i,
       3},
      {"snapshot", {.unit = "1", .description = "number in the file's list of snapshots"}, "", i},
      {"flags",
       {.unit = "1",
        .description = "sum of 1: a cube (else a profile), 2: neighbours take parts of it in the "
                       "map, 4: reaches across a face of its replica, 8: the mass disagrees with "
                       "that of the particles"},
       "",
       i},
      {"sample",
       {.unit = "1",
        .description = "drawn prediction that the replica shows, from 1; 0: none was drawn"},
       "",
       i},
  };
}

}  // namespace

std::vector<RowColumn> lightcone_columns(std::string const& mass_definition) {
  auto columns = place_columns(mass_definition);
  auto const gas = gas_columns();
  columns.insert(columns.end(), gas.begin(), gas.end());
  return columns;
}

std::vector<ColumnValues> column_values(std::vector<LightconeRow> const& rows) {
  std::vector<std::int32_t> cells;
  cells.reserve(3 * rows.size());
  for (auto const& row : rows) cells.insert(cells.end(), row.cell.begin(), row.cell.end());
  return {column(rows, &LightconeRow::id),         column(rows, &LightconeRow::longitude),
          column(rows, &LightconeRow::latitude),   column(rows, &LightconeRow::redshift),
          column(rows, &LightconeRow::distance),   column(rows, &LightconeRow::mass),
          column(rows, &LightconeRow::r200),       column(rows, &LightconeRow::velocity),
          column(rows, &LightconeRow::y_200),      column(rows, &LightconeRow::y_500),
          column(rows, &LightconeRow::y_cylinder), column(rows, &LightconeRow::y_total),
          column(rows, &LightconeRow::y_centre),   std::move(cells),
          column(rows, &LightconeRow::snapshot),   column(rows, &LightconeRow::flags),
          column(rows, &LightconeRow::sample)};
}

void write_lightcone(Context& context, std::vector<SkyPart> const& parts, Viewpoint const& view,
                     SkySources const& sources, SkyCanvas const& canvas, LightconeRows which,
                     std::int64_t n_rows, FitsTexts texts) {
  auto const& comm = context.comm();
  auto const& table = parts.front().population->table();
  auto file = H5File::create(comm, context.part("lightcone.h5"));
  file.set_attribute("/", "format_version", std::int64_t{1});
  file.set_attribute("/", "mass_definition", table.mass_definition);
  for (auto const& [name, value] : {std::pair("omega_m", table.cosmology.omega_m),
                                    {"omega_l", table.cosmology.omega_l},
                                    {"omega_b", table.cosmology.omega_b},
                                    {"h", table.cosmology.h},
                                    {"box_ckpch", table.box_ckpch}})
    file.set_attribute("/", name, value);
  file.set_attribute("/", "replicas", std::string(name_of(view.repetition.rule)));
  file.set_attribute("/", "replica_seed", static_cast<std::int64_t>(view.repetition.seed));
  RowTable rows(comm, file, "/halos", context.part("lightcone.fits"), std::move(texts),
                lightcone_columns(table.mass_definition), n_rows);
  for (auto const& [part, source] : sources.all()) {
    if (source.kind() == HaloKind::skirt) continue;  // no halo of its own
    if (source.kind() == HaloKind::fill && which == LightconeRows::clusters) continue;
    append_rows(comm, source, canvas,
                RowMaker(source, *parts[part].population, static_cast<std::int32_t>(part)),
                sources.distances(), rows);
  }
  rows.finish();
  file.close();
}

}  // namespace setsz
