// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/catalogue_header_work.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "pipeline/base/units.hpp"

namespace setsz {
namespace {

/// "halos.csv", "halos.csv and 3 more"
std::string file_names(CatalogueSection const& section) {
  auto const first = std::filesystem::path(section.files.front()).filename().string();
  auto const n = section.files.size();
  return n == 1 ? first : concat(first, " and ", n - 1, " more");
}

std::string text(std::string const& long_text) { return long_text.substr(0, card_text_length); }

std::vector<FitsCard> catalogue_cards(CatalogueRecord const& record) {
  auto const& all = record.figures.all;
  bool const any = all.n_images() > 0;
  return {
      {"NHALO", all.n_images(), "haloes painted"},
      {"NROWS", record.n_rows, "rows of the catalogue"},
      {"NNEAR", all.n_left_out(), "haloes not painted: they hold the observer"},
      {"CATALOG", text(record.name), "name of the catalogue"},
      {"CATFILE", text(file_names(record.section)), "its files"},
      {"MDEF", std::string(name_of(record.mass_definition)), "mass definition of the catalogue"},
      {"MMIN", any ? all.mass_min() * units::msunh_per_code : 0.0,
       "[Msun/h] least massive halo, M200c"},
      {"MMAX", any ? all.mass_max() * units::msunh_per_code : 0.0,
       "[Msun/h] most massive halo, M200c"},
      {"ZMIN", record.survey.redshift_min, "nearest halo"},
      {"ZMAX", record.survey.redshift_max, "farthest halo"},
      {"PROFILE", text(record.profile), "profile of the gas"},
      {"RCUT", record.options.fill_cut_r200, "[R200c] end of the profiles"},
      {"CUTGEOM", std::string("SPHERE"), "shape of the cut"},
      {"OMEGAM", record.cosmology.omega_m, ""},
      {"OMEGAB", record.cosmology.omega_b, ""},
      {"HUBBLE", record.cosmology.h, "H0 / (100 km/s/Mpc)"},
      {"XHYDRO", units::hydrogen_fraction, "hydrogen mass fraction"},
      {"MODEL", std::string("none"), "no network"},
      {"CODEVER", text(record.code), "setsz"},
      {"CONFSHA", record.option_hash, "hash of the options"},
  };
}

}  // namespace

MapHeader catalogue_header(CatalogueRecord const& record) {
  MapHeader header;
  header.coordinates = record.section.coordinate_letter();
  header.date = today();
  header.creator = "setsz";
  header.column = record.figures.field.column;
  header.unit = record.figures.field.unit;
  for (auto const& cards : {map_cards(record.figures), catalogue_cards(record)})
    header.cards.insert(header.cards.end(), cards.begin(), cards.end());
  header.history = {concat("setsz sky: ", record.figures.field.title, " of the haloes of ",
                           file_names(record.section))};
  return header;
}

nlohmann::json catalogue_report(CatalogueRecord const& record) {
  auto report = figures_report(record.figures);
  report.update(record.options.pixels.report());
  auto const& survey = record.survey;
  report.update({
      {"catalogue", record.name},
      {"n_rows", record.n_rows},
      {"n_halos", record.figures.all.n_images()},
      {"mass_definition", name_of(record.mass_definition)},
      {"m200c_min_msunh", survey.m200c_min * units::msunh_per_code},
      {"m200c_max_msunh", survey.m200c_max * units::msunh_per_code},
      {"redshift_min", survey.redshift_min},
      {"redshift_max", survey.redshift_max},
      {"distance_mismatch", survey.distance_mismatch},
      {"profile", record.profile},
      {"cut_r200c", record.options.fill_cut_r200},
  });
  return report;
}

}  // namespace setsz
