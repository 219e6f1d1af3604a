// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/sky_header_work.hpp"

#include <algorithm>
#include <functional>

#include "io/fits_header.hpp"
#include "pipeline/base/units.hpp"

namespace setsz {
namespace {

using Cards = std::vector<FitsCard>;
constexpr std::size_t text_length = card_text_length;

/// What the snapshots say, each text once, in their order.
std::string of_snapshots(SkyRecord const& record,
                         std::function<std::string(SnapshotInstance const&)> const& text_of) {
  std::vector<std::string> all;
  for (auto const& snapshot : record.snapshots) {
    auto const text = text_of(snapshot);
    if (std::find(all.begin(), all.end(), text) == all.end()) all.push_back(text);
  }
  return join(all, ",").substr(0, text_length);
}

Cards halo_cards(SkyRecord const& record) {
  auto const& options = record.options;
  auto const all = record.totals.halos();
  auto const& table = record.table;
  auto const& plan = record.plan;
  bool const any = all.n_images() > 0;
  return {
      {"NHALO", all.n_images(), "haloes painted"},
      {"NCLUSTER", record.totals.clusters.n_images(), "of these, clusters"},
      {"NNEAR", all.n_left_out(), "haloes not painted: they hold the observer"},
      {"MMIN", any ? all.mass_min() * units::msunh_per_code : 0.0, "[Msun/h] least massive halo"},
      {"MMAX", any ? all.mass_max() * units::msunh_per_code : 0.0, "[Msun/h] most massive halo"},
      {"MDEF", table.mass_definition, "mass definition"},
      {"MNET", table.mass_min * units::msunh_per_code, "[Msun/h] clusters from here on"},
      {"SOURCE", fits_upper_case(plan.source), "gas of the clusters"},
      {"FILL", options.fill, "haloes below MNET, with profiles"},
      {"PROFILE", plan.profile.substr(0, text_length), "profile of haloes without a cube"},
      {"RCUT", options.fill_cut_r200, "[R200] end of the fill"},
      {"RSKIRT", plan.reach_r200, "[R200] end of the clusters; 2: no skirt"},
      {"NSKIRT", record.totals.skirts.n_images(), "skirts painted"},
      {"NSKNEAR", record.totals.skirts.n_left_out(), "skirts not painted: they hold the observer"},
      {"CUTGEOM", std::string("SPHERE"), "shape of the cut"},
  };
}

Cards lightcone_cards(SkyRecord const& record) {
  auto const& options = record.options;
  auto const& table = record.table;
  auto const all = record.totals.halos();
  auto const redshifts = [](SnapshotInstance const& snapshot) {
    return concat(snapshot.section.redshift_min, "-", snapshot.section.redshift_max);
  };
  return {
      {"ZMIN", options.redshift_min, "nearest halo"},
      {"ZMAX", options.redshift_max, "farthest halo"},
      {"NREPL", record.totals.n_boxes, "box replicas"},
      {"REPLICAS", fits_upper_case(name_of(options.replicas)),
       "how they are turned, flipped, shifted"},
      {"ROTSEED", options.replicas == ReplicaRule::bare ? -1 : options.replica_seed,
       "seed of the turns; -1: bare box"},
      {"NFACE", all.n_at_face(), "haloes that reach across a face of their replica"},
      {"NAPART", all.n_apart(), "their neighbours that are painted elsewhere"},
      {"OBSX", options.observer[0] * table.box_ckpch, "[ckpc/h] observer in the box"},
      {"OBSY", options.observer[1] * table.box_ckpch, ""},
      {"OBSZ", options.observer[2] * table.box_ckpch, ""},
      {"BOXSIZE", table.box_ckpch, "[ckpc/h]"},
      {"OMEGAM", table.cosmology.omega_m, ""},
      {"OMEGAB", table.cosmology.omega_b, ""},
      {"HUBBLE", table.cosmology.h, "H0 / (100 km/s/Mpc)"},
      {"XHYDRO", units::hydrogen_fraction, "hydrogen mass fraction"},
      {"SIMNAME", of_snapshots(record, [](auto const& s) { return s.section.simulation_name(); }),
       "simulation"},
      {"SNAPS", of_snapshots(record, [](auto const& s) { return s.name; }), "snapshots"},
      {"SNAPZ", of_snapshots(record, redshifts), "their redshifts"},
  };
}

Cards code_cards(SkyRecord const& record) {
  auto const& plan = record.plan;
  return {
      {"MODEL", plan.model.substr(0, text_length), "network"},
      {"MODELSHA", record.model_hash, "hash of its files"},
      {"MEMBER", plan.member, "training seed, mean of several, or trained"},
      {"NOUTSIDE", record.n_outside_training, "clusters unlike those of the training"},
      {"NMASSDIS", record.n_mass_disagrees, "clusters whose particles have another mass"},
      {"FLUXMIN", record.flux_factors.first, "flux correction in the cubes: smallest factor"},
      {"FLUXMAX", record.flux_factors.second, "largest factor"},
      {"REALIS", plan.realisation, "realisation of the gas of the clusters; 0: their mean"},
      {"NSAMPLE", plan.n_samples, "samples of which each replica of a cluster shows one"},
      {"VAESEED", plan.n_samples > 0 ? record.options.replica_seed : -1,
       "seed of that choice; -1: nothing is drawn"},
      {"CODEVER", record.code.substr(0, text_length), "setsz"},
      {"CONFSHA", record.option_hash, "hash of the options"},
  };
}

/// One line for each stage whose work is in a product that shows this field.
std::vector<std::string> history(SkyRecord const& record, Field const& field) {
  auto const& plan = record.plan;
  bool const network = plan.source == "network", elsewhere = !plan.trained.empty(),
             fit = (network && !elsewhere) || plan.profile == "fit";
  std::vector<std::string> lines = {"setsz catalog: haloes of the gravity-only simulation"};
  if (network) lines.push_back("setsz extract: dark matter around the clusters");
  if (fit) lines.push_back("setsz voxelize: electron pressure of the hydrodynamic simulation");
  if (fit) lines.push_back("setsz fit: GNFW profiles");
  if (network && !elsewhere) lines.push_back("setsz train: network from dark matter to pressure");
  if (elsewhere) lines.push_back("setsz train: in another run, see MODELSHA");
  if (network) lines.push_back("setsz predict: pressure of the clusters");
  lines.push_back(concat("setsz sky: ", field.title, " of the haloes around the observer"));
  return lines;
}

/// All haloes have the published density; the network does not know it.
void take_gas_density(SkyRecord& record) {
  record.plan.source = "profile";
  record.plan.profile = record.plan.density->name;
  record.plan.model = record.plan.member = record.model_hash = "none";
  record.plan.trained.clear();
  record.plan.realisation = record.plan.n_samples = 0;
  record.flux_factors = {1, 1};
  record.n_outside_training = record.n_mass_disagrees = 0;
}

}  // namespace

MapHeader sky_header(SkyRecord record) {
  if (!record.figures.field.is_pressure) take_gas_density(record);
  MapHeader header;
  header.date = today();
  header.creator = "setsz";
  header.column = record.figures.field.column;
  header.unit = record.figures.field.unit;
  for (auto const& cards :
       {map_cards(record.figures), halo_cards(record), lightcone_cards(record), code_cards(record)})
    header.cards.insert(header.cards.end(), cards.begin(), cards.end());
  header.history = history(record, record.figures.field);
  return header;
}

FitsTexts lightcone_texts(SkyRecord const& record) {
  FitsTexts texts{.extension = "LIGHTCONE",
                  .cards = {{"DATE", today(), ""},
                            {"CREATOR", std::string("setsz"), ""},
                            {"COORDSYS", std::string("C"), "frame of the map"},
                            {"MDEF", record.table.mass_definition, "mass definition"}},
                  .history = history(record, field_table().front())};
  for (auto const& cards : {lightcone_cards(record), code_cards(record)})
    texts.cards.insert(texts.cards.end(), cards.begin(), cards.end());
  return texts;
}

}  // namespace setsz
