// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/sky_stage.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numbers>

#include "io/healpix_map.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/units.hpp"
#include "stages/common/instances.hpp"
#include "stages/sky/sky_spectrum.hpp"
#include "stages/sky/sky_work.hpp"

namespace setsz {
namespace {

/// The sum over the map against the deposited amounts, relative.
constexpr double sum_tolerance = 1e-6;

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

DistanceShell shell_of(Cosmology const& cosmology, double redshift_min, double redshift_max) {
  return {cosmology.comoving_distance(redshift_min), cosmology.comoving_distance(redshift_max)};
}

/// Two snapshots must not stand for the same redshift; a hole in between is allowed, and said.
void check_ranges(std::vector<SnapshotInstance> snapshots, SkyOptions const& options) {
  require(!snapshots.empty(), ExitCode::config, "no [snapshot.NAME] stands for redshifts between ",
          options.redshift_min, " and ", options.redshift_max,
          " on the sky; change its redshift_min and redshift_max");
  std::sort(snapshots.begin(), snapshots.end(), [](auto const& a, auto const& b) {
    return a.section.redshift_min < b.section.redshift_min;
  });
  double covered = options.redshift_min;
  for (std::size_t i = 0; i < snapshots.size(); ++i) {
    auto const& section = snapshots[i].section;
    if (i > 0) {
      auto const& before = snapshots[i - 1];
      require(section.redshift_min >= before.section.redshift_max, ExitCode::config, "[snapshot.",
              before.name, "] and [snapshot.", snapshots[i].name, "] both stand for redshift ",
              section.redshift_min, " on the sky");
    }
    if (section.redshift_min > covered)
      Log::warn("sky: no snapshot stands for redshifts ", covered, " to ", section.redshift_min);
    covered = section.redshift_max;
  }
  if (covered < options.redshift_max)
    Log::warn("sky: no snapshot stands for redshifts ", covered, " to ", options.redshift_max);
}

}  // namespace

void SkyOptions::declare(OptionList& options) {
  options.add("nside", nside,
              {.help = "HEALPix resolution, a power of 2", .min = 1, .max = 1 << 20});
  options.add("observer", observer,
              {.unit = "box", .help = "position of the observer: x, y, z", .min = 0, .max = 1});
  options.add("redshift_min", redshift_min,
              {.help = "nearest halo; a halo that holds the observer is never painted",
               .min = 0,
               .max = 20});
  options.add("redshift_max", redshift_max, {.help = "farthest halo", .min = 1e-4, .max = 20});
  options.add("spectrum_nside", spectrum_nside,
              {.help = "resolution of the companion map for C_l up to 2 nside; 0: no C_l",
               .min = 0,
               .max = 4096});
  PopulationOptions::declare(options);
}

void SkyOptions::validate() const {
  require(std::has_single_bit(static_cast<std::uint64_t>(nside)), ExitCode::config,
          "[sky] nside = ", nside, " is no power of 2");
  require(spectrum_nside == 0 || std::has_single_bit(static_cast<std::uint64_t>(spectrum_nside)),
          ExitCode::config, "[sky] spectrum_nside = ", spectrum_nside, " is no power of 2");
  require(observer.size() == 3, ExitCode::config, "[sky] observer has ", observer.size(),
          " numbers, wanted 3: x, y, z in units of the box");
  require(redshift_min < redshift_max, ExitCode::config, "[sky] redshift_min = ", redshift_min,
          " is not below redshift_max = ", redshift_max);
}

SkyStage::SkyStage(Configuration const& configuration, std::string model, std::int64_t seed)
    : model_(std::move(model)),
      seed_(seed),
      n_folds_(fold_count(configuration)),
      options_(configuration.get<SkyOptions>()) {
  for (auto const& snapshot : snapshot_instances(configuration)) {
    if (snapshot.section.redshift_min < options_.redshift_max &&
        snapshot.section.redshift_max > options_.redshift_min)
      snapshots_.push_back(snapshot);
  }
  configuration.describe<SkyOptions>(option_lines_);
}

PopulationNames SkyStage::names(SnapshotInstance const& snapshot) const {
  return {snapshot.name, model_, seed_, n_folds_};
}

std::vector<std::string> SkyStage::input_products() const {
  std::vector<std::string> inputs;
  for (auto const& snapshot : snapshots_)
    for (auto const& name : names(snapshot).inputs(options_)) inputs.push_back(name);
  return inputs;
}

void SkyStage::describe(Fingerprint& fingerprint) const {
  fingerprint.add("sky.version", 1);
  fingerprint.add("sky.model", model_);
  fingerprint.add("sky.seed", seed_);
  for (auto const& snapshot : snapshots_)
    fingerprint.add(concat("sky.redshifts.", snapshot.name),
                    concat(snapshot.section.redshift_min, " to ", snapshot.section.redshift_max));
  for (auto const& [key, value] : option_lines_.lines()) fingerprint.add(key, value);
}

Estimate SkyStage::estimate(std::string const& run_directory, int n_ranks) const {
  // Rough, from one small run on one core: within a factor of a few.
  constexpr double seconds_per_cube_point = 1.2e-8, seconds_per_pixel = 1.5e-8,
                   seconds_per_halo = 1e-5, seconds_per_replica = 3e-8;
  double const n_pixels = 12.0 * static_cast<double>(options_.nside * options_.nside);
  double const pixel = std::sqrt(4 * std::numbers::pi / n_pixels);
  Estimate estimate;
  double n_clusters = 0, n_fill = 0, seconds = n_pixels * 3e-8, table_bytes = 0;
  for (auto const& snapshot : snapshots_) {
    auto const table = read_clusters(run_directory + "/" + products::clusters(snapshot.name));
    double const fill = options_.fill ? static_cast<double>(count_fill_halos(
                                            run_directory + "/" + products::halos(snapshot.name)))
                                      : 0;
    auto const shell =
        shell_of(table.cosmology, std::max(options_.redshift_min, snapshot.section.redshift_min),
                 std::min(options_.redshift_max, snapshot.section.redshift_max));
    double const volume = 4 * std::numbers::pi / 3 *
                          (std::pow(shell.max, 3) - std::pow(std::min(shell.min, shell.max), 3));
    double const boxes = volume / std::pow(table.box_ckpch, 3);
    double const clusters = boxes * static_cast<double>(table.size());
    n_clusters += clusters;
    n_fill += boxes * fill;
    table_bytes += 200 * static_cast<double>(table.size());
    double r200 = 0;
    for (auto const& cluster : table.clusters) r200 = std::max(r200, cluster.r200c);
    double const distance = 0.75 * shell.max;
    double const halo_pixels = 50 * std::pow(0.5 * r200 / distance / pixel, 2);
    seconds += clusters * (7e4 * 8 * seconds_per_cube_point + halo_pixels * 3 * seconds_per_pixel) +
               boxes * fill * (seconds_per_halo + 0.2 * halo_pixels * seconds_per_pixel) +
               static_cast<double>(n_ranks) * boxes * fill * seconds_per_replica;
  }
  double const spectrum =
      options_.spectrum_nside > 0
          ? 12.0 * 16 * std::pow(static_cast<double>(options_.spectrum_nside), 2)
          : 0;
  estimate.memory_bytes = 12 * n_pixels / n_ranks + table_bytes + spectrum + 1e8;
  estimate.output_bytes = 4 * n_pixels;
  estimate.seconds = seconds / n_ranks;
  estimate.note = concat(snapshots_.size(), " snapshots, about ", std::llround(n_clusters),
                         " clusters and ", std::llround(n_fill), " haloes of the fill on the sky");
  return estimate;
}

void SkyStage::run(Context& context) {
  auto const& comm = context.comm();
  std::vector<std::unique_ptr<Population>> populations;
  std::vector<SkySource> sources;
  collectively(comm, "sky: opening the inputs", [&] {
    check_ranges(snapshots_, options_);
    for (auto const& snapshot : snapshots_) {
      populations.push_back(std::make_unique<Population>(
          names(snapshot), options_,
          [&](std::string const& name) { return context.product(name); }));
      sources.push_back({populations.back().get(),
                         shell_of(populations.back()->table().cosmology,
                                  std::max(options_.redshift_min, snapshot.section.redshift_min),
                                  std::min(options_.redshift_max, snapshot.section.redshift_max))});
    }
  });
  RingGeometry const geometry(options_.nside);
  SkyWork work(context, sources, {options_.observer[0], options_.observer[1], options_.observer[2]},
               geometry);
  work.run();

  auto const totals = work.totals();
  auto const figures = map_figures(comm, work.map());
  double const residual =
      totals.painted > 0 ? std::abs(figures.integral / totals.painted - 1) : figures.integral;
  collectively(comm, "sky: the sum over the map", [&] {
    require(residual < sum_tolerance, ExitCode::internal, "the map holds ", figures.integral,
            " sr of the ", totals.painted, " sr of y that were painted");
  });
  if (totals.n_too_near > 0)
    Log::warn("sky: ", totals.n_too_near,
              " haloes hold the observer and were not painted; a larger "
              "[sky] redshift_min leaves them out");

  auto const& table = populations.front()->table();
  auto const text = [&](std::function<std::string(SnapshotInstance const&)> const& of) {
    std::vector<std::string> all;
    for (auto const& snapshot : snapshots_) all.push_back(of(snapshot));
    return join(all, ",").substr(0, 60);
  };
  Fingerprint fingerprint;
  describe(fingerprint);
  std::string prediction_hash;
  collectively(comm, "sky: hash of the predictions",
               [&] { prediction_hash = populations.front()->prediction_hash(); });
  bool const any = totals.n_clusters + totals.n_fill > 0;
  double const msunh = 1e10;
  HealpixHeader header;
  header.nside = options_.nside;
  header.date = today();
  header.creator = "setsz";
  header.cards = {
      {"YMEAN", figures.mean, "mean of the map"},
      {"YSTD", figures.deviation, "standard deviation"},
      {"YMAX", figures.largest, "largest pixel"},
      {"MMIN", any ? totals.mass_min * msunh : 0.0, "[Msun/h] least massive halo"},
      {"MMAX", any ? totals.mass_max * msunh : 0.0, "[Msun/h] most massive halo"},
      {"MDEF", table.mass_definition, "mass definition"},
      {"MNET", table.mass_min * msunh, "[Msun/h] clusters from here on"},
      {"SOURCE", fits_name(options_.source), "gas of the clusters"},
      {"FILL", options_.fill, "GNFW haloes below MNET"},
      {"ZMIN", options_.redshift_min, "nearest halo"},
      {"ZMAX", options_.redshift_max, "farthest halo"},
      {"RCUT", options_.fill_cut_r200, "[R200] end of the fill; clusters end at 2 R200"},
      {"CUTGEOM", std::string("SPHERE"), "shape of the cut"},
      {"PIXAVG", true, "pixel-integrated"},
      {"BEAMFWHM", 0.0, "[arcmin] no beam"},
      {"LMAX", std::int64_t{0}, "no band limit"},
      {"NREPL", totals.n_boxes, "box replicas"},
      {"ROTSEED", std::int64_t{-1}, "bare box: not turned"},
      {"OBSX", options_.observer[0] * table.box_ckpch, "[ckpc/h] observer in the box"},
      {"OBSY", options_.observer[1] * table.box_ckpch, ""},
      {"OBSZ", options_.observer[2] * table.box_ckpch, ""},
      {"BOXSIZE", table.box_ckpch, "[ckpc/h]"},
      {"OMEGAM", table.cosmology.omega_m, ""},
      {"OMEGAB", table.cosmology.omega_b, ""},
      {"HUBBLE", table.cosmology.h, "H0 / (100 km/s/Mpc)"},
      {"XHYDRO", units::hydrogen_fraction, "hydrogen mass fraction"},
      {"SNAPS", text([](auto const& s) { return s.name; }), "snapshots"},
      {"SNAPZ", text([](auto const& s) {
         return concat(s.section.redshift_min, "-", s.section.redshift_max);
       }),
       "their redshifts"},
      {"MODEL", model_.substr(0, 60), ""},
      {"MODELSHA", prediction_hash, "of the predictions"},
      {"SEED", seed_, "of the training"},
      {"VAESEED", std::int64_t{-1}, "deterministic"},
      {"CONFSHA", fingerprint.hex(), "of the options"},
      {"NHALO", totals.n_clusters + totals.n_fill, "haloes painted"},
      {"YLOST", totals.removed, "[sr] y not painted: belongs to other haloes"},
      {"NNEAR", totals.n_too_near, "haloes not painted: they hold the observer"},
  };
  for (auto const* stage : {"catalog", "extract", "voxelize", "fit", "train", "predict", "sky"})
    header.history.push_back(std::string("setsz ") + stage);

  std::vector<float> pixels;
  double const per_area = 1 / geometry.pixel_area();
  for (double const value : work.map().values())
    pixels.push_back(static_cast<float>(value * per_area));
  write_healpix_map(comm, context.part("compton_y.fits"), header, work.map().pixels().first,
                    pixels);

  nlohmann::json report = {
      {"format_version", 1},
      {"nside", options_.nside},
      {"mean_y", figures.mean},
      {"std_y", figures.deviation},
      {"max_y", figures.largest},
      {"n_clusters", totals.n_clusters},
      {"n_fill", totals.n_fill},
      {"n_too_near", totals.n_too_near},
      {"n_boxes", totals.n_boxes},
      {"y_painted_sr", totals.painted},
      {"y_lost_sr", totals.removed},
      {"sum_rule_residual", residual},
      {"redshift_min", options_.redshift_min},
      {"redshift_max", options_.redshift_max},
      {"observer_box", options_.observer},
      {"pixels", "integrated"},
      {"fill_cut_r200", options_.fill_cut_r200},
  };
  if (options_.spectrum_nside > 0) {
    std::int64_t const nside = std::min(options_.spectrum_nside, options_.nside);
    auto const companion = degraded(comm, work.map(), nside);
    collectively(comm, "sky: C_l", [&] {
      if (comm.is_root())
        report["cl"] = {{"nside", nside},
                        {"l_max", 2 * nside},
                        {"note", "of the map averaged to this nside; pixel window not divided out"},
                        {"C_l", angular_spectrum(companion, nside, 2 * nside)}};
    });
  }
  collectively(comm, "sky: writing sky.json", [&] {
    if (!comm.is_root()) return;
    std::ofstream out(context.part("sky.json"));
    out << report.dump(1) << "\n";
    out.close();
    require(out.good(), ExitCode::io, "cannot write '", context.part("sky.json"), "'");
  });
  for (auto const* key : {"mean_y", "std_y", "max_y", "n_clusters", "n_fill", "n_too_near",
                          "y_lost_sr", "sum_rule_residual"})
    context.note(key, report[key]);
}

void add_sky_stages(Configuration const& configuration,
                    std::vector<std::unique_ptr<Stage>>& stages) {
  for (auto const& model : model_names(configuration))
    for (auto const seed : training_seeds(configuration))
      stages.push_back(std::make_unique<SkyStage>(configuration, model, seed));
}

}  // namespace setsz
