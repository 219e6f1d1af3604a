// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/sky_header.hpp"

#include <algorithm>
#include <ctime>
#include <functional>

#include "pipeline/base/units.hpp"

namespace setsz {
namespace {

using Cards = std::vector<FitsCard>;
constexpr double msunh_per_code = 1e10;
/// Longest text of a card that leaves room for a comment.
constexpr std::size_t text_length = 60;

std::string today() {
  std::time_t const now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[16];
  std::strftime(text, sizeof text, "%Y-%m-%d", &utc);
  return text;
}

std::string fits_name(ClusterSource source) {
  switch (source) {
    case ClusterSource::network:
      return "NETWORK";
    case ClusterSource::gnfw:
      return "GNFW";
    case ClusterSource::none:
      return "NONE";
  }
  fail(ExitCode::internal, "unknown source");
}

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

Cards map_cards(SkyRecord const& record) {
  auto const& figures = record.figures;
  auto const& totals = record.totals;
  return {
      {"YMEAN", figures.mean, "mean of the map"},
      {"YSTD", figures.deviation, "standard deviation"},
      {"YMAX", figures.largest, "largest pixel"},
      {"YLOST", totals.removed, "[sr] y not painted: belongs to other haloes"},
      {"SUMERR", record.residual, "sum of the map against what was painted"},
      {"SAMPMAX", totals.largest_sampling_error, "halo sampled worst, before scaling"},
      {"SAMPMEAN", totals.mean_sampling_error, "mean of the same over sampled haloes"},
      {"NSAMPLED", totals.n_sampled, "haloes sampled; the others are points"},
      {"PIXAVG", true, "pixel-integrated"},
      {"BEAMFWHM", 0.0, "[arcmin] no beam"},
      {"LMAX", std::int64_t{0}, "no band limit"},
  };
}

Cards halo_cards(SkyRecord const& record) {
  auto const& options = record.options;
  auto const& totals = record.totals;
  auto const& table = record.table;
  bool const any = totals.n_clusters + totals.n_fill > 0;
  return {
      {"NHALO", totals.n_clusters + totals.n_fill, "haloes painted"},
      {"NCLUSTER", totals.n_clusters, "of these, clusters"},
      {"NNEAR", totals.n_too_near, "haloes not painted: they hold the observer"},
      {"MMIN", any ? totals.mass_min * msunh_per_code : 0.0, "[Msun/h] least massive halo"},
      {"MMAX", any ? totals.mass_max * msunh_per_code : 0.0, "[Msun/h] most massive halo"},
      {"MDEF", table.mass_definition, "mass definition"},
      {"MNET", table.mass_min * msunh_per_code, "[Msun/h] clusters from here on"},
      {"SOURCE", fits_name(options.source), "gas of the clusters"},
      {"FILL", options.fill, "GNFW haloes below MNET"},
      {"RCUT", options.fill_cut_r200, "[R200] end of the fill; clusters end at 2 R200"},
      {"CUTGEOM", std::string("SPHERE"), "shape of the cut"},
  };
}

Cards lightcone_cards(SkyRecord const& record) {
  auto const& options = record.options;
  auto const& table = record.table;
  auto const redshifts = [](SnapshotInstance const& snapshot) {
    return concat(snapshot.section.redshift_min, "-", snapshot.section.redshift_max);
  };
  return {
      {"ZMIN", options.redshift_min, "nearest halo"},
      {"ZMAX", options.redshift_max, "farthest halo"},
      {"NREPL", record.totals.n_boxes, "box replicas"},
      {"ROTSEED", std::int64_t{-1}, "bare box: not turned"},
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
  bool const network = !record.model_hash.empty();
  return {
      {"MODEL", network ? record.model.substr(0, text_length) : "none", "network"},
      {"MODELSHA", network ? record.model_hash : "none", "hash of its files"},
      {"MEMBER", network ? record.member.name() : "none", "training seed, or mean of several"},
      {"VAESEED", std::int64_t{-1}, "deterministic"},
      {"CODEVER", record.code.substr(0, text_length), "setsz"},
      {"CONFSHA", record.option_hash, "hash of the options"},
  };
}

/// One line for each stage whose work is in the map.
std::vector<std::string> history(SkyRecord const& record) {
  bool const network = record.options.source == ClusterSource::network;
  bool const profiles = record.options.fill || record.options.source == ClusterSource::gnfw;
  std::vector<std::string> lines = {"setsz catalog: haloes of the gravity-only simulation"};
  if (network) lines.push_back("setsz extract: dark matter around the clusters");
  lines.push_back("setsz voxelize: electron pressure of the hydrodynamic simulation");
  if (network || profiles) lines.push_back("setsz fit: GNFW profiles");
  if (network) {
    lines.push_back("setsz train: network from dark matter to pressure");
    lines.push_back("setsz predict: pressure of the clusters");
  }
  lines.push_back("setsz sky: Compton y of the haloes around the observer");
  return lines;
}

}  // namespace

HealpixHeader sky_header(SkyRecord const& record) {
  HealpixHeader header;
  header.nside = record.options.nside;
  header.date = today();
  header.creator = "setsz";
  for (auto const& cards :
       {map_cards(record), halo_cards(record), lightcone_cards(record), code_cards(record)})
    header.cards.insert(header.cards.end(), cards.begin(), cards.end());
  header.history = history(record);
  return header;
}

}  // namespace setsz
