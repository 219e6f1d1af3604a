// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/sky_stage.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "pipeline/base/hash.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/units.hpp"
#include "stages/common/expected.hpp"
#include "stages/halos/gas_density.hpp"
#include "stages/sky/catalogue_sky_stage.hpp"
#include "stages/sky/expected_spectrum_work.hpp"
#include "stages/sky/sky_beam_work.hpp"
#include "stages/sky/sky_cost.hpp"
#include "stages/sky/sky_header_work.hpp"
#include "stages/sky/sky_report_work.hpp"
#include "stages/sky/sky_work.hpp"

namespace setsz {
namespace {

/// \param spectrum  what is known of C_l before the map is transformed
void write_files(Context& context, FieldMaps const& maps, std::vector<SkyRecord> const& records,
                 nlohmann::json const& spectrum) {
  auto const& options = records.front().options;
  std::vector<MapTexts> texts;
  collectively(context.comm(), "sky: headers", [&] {
    for (auto const& record : records)
      texts.push_back({sky_header(record), &record == &records.front()
                                               ? sky_report(record)
                                               : figures_report(record.figures)});
    texts.front().report.update(spectrum);
  });
  auto const report = write_products(context, maps, std::move(texts), options.bands,
                                     options.pixels.spectrum_nside());
  std::string const name(maps.front().field.name);
  for (auto const& key : {"mean_" + name, "std_" + name, "max_" + name, std::string("n_clusters"),
                          std::string("n_fill"), std::string("n_too_near"), name + "_lost_sr",
                          std::string("sum_rule_residual"), std::string("largest_sampling_error")})
    context.note(key, report[key]);
}

/// Two snapshots must not stand for the same redshift; a warning names gaps between them.
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

/// What fields other than the pressure need of the haloes, where that is known.
void check_haloes(Outlook const& outlook, std::string const& snapshot, SkyOptions const& options) {
  if (!options.density) return;
  auto const table = known_clusters(outlook, snapshot);
  if (!table) return;
  density_profile(*options.density, *table);  // refuses masses that are not M200c
  auto const field = options.fields.needing_velocities();
  if (field.empty()) return;
  for (auto const& cluster : table->clusters)
    require(std::isfinite(norm2(cluster.velocity)), ExitCode::config, "[sky] fields: ", field,
            " needs the velocities of haloes, but cluster ", cluster.id, " of [snapshot.", snapshot,
            "] has none; take a halo catalogue with velocities, or remove ", field);
}

/// Of the cubes of all snapshots.
std::pair<double, double> flux_factors(std::vector<std::unique_ptr<Population>> const& all) {
  auto range = all.front()->flux_factors();
  for (auto const& population : all) {
    auto const [low, high] = population->flux_factors();
    range = {std::min(range.first, low), std::max(range.second, high)};
  }
  return range;
}

}  // namespace

void SkyOptions::declare(OptionList& options) {
  fields.declare(options);
  pixels.declare(options);
  options.add("observer", observer,
              {.unit = "box", .help = "position of the observer: x, y, z", .min = 0, .max = 1});
  options.add("redshift_min", redshift_min,
              {.help = "nearest halo; a halo that holds the observer is never painted",
               .min = 0,
               .max = 20});
  options.add("redshift_max", redshift_max, {.help = "farthest halo", .min = 1e-4, .max = 20});
  options.add(
      "replicas", replicas,
      {{"tiles", ReplicaRule::tiles}, {"shells", ReplicaRule::shells}, {"bare", ReplicaRule::bare}},
      {.help = "how the box is repeated: each replica turned, flipped and shifted by itself "
               "(tiles), all within a shell as thick as the box in the same way (shells), "
               "or not at all (bare: structures repeat themselves)"});
  options.add("replica_seed", replica_seed,
              {.help = "seed of the turns, flips and shifts: another one gives another sky",
               .min = 0,
               .max = 1e9});
  options.add("beam_fwhm", beam_fwhm_arcmin,
              {.unit = "arcmin",
               .help = "full width at half maximum of a Gaussian beam; 0: none",
               .min = 0,
               .max = 600});
  options.add("beam_file", beam_file,
              {.help = "text file with the columns l and B_l of a round beam (of maps, not of "
                       "power spectra); none: that of beam_fwhm",
               .is_path = true});
  bands.declare(options);
  declare_map_catalogue(options, catalogue);
  options.add("lightcone", lightcone,
              {{"none", LightconeRows::none},
               {"clusters", LightconeRows::clusters},
               {"all", LightconeRows::all}},
              {.help = "haloes on the sky that are listed in lightcone.h5 and lightcone.fits, each "
                       "once per replica: none, the clusters, or all (also those of the fill)"});
  options.add("expected_spectrum", expected_spectrum,
              {.help = "beside C_l, where it is computed: that of the same haloes in independent "
                       "places, in sky.json"});
  PopulationOptions::declare(options);
}

void SkyOptions::validate() const {
  pixels.validate();
  fields.validate();
  bands.validate(fields.fields());
  constexpr double least_pixels = 0.3;
  double const pixel_arcmin = pixels.geometry().pixel_size() / units::arcmin;
  require(beam_fwhm_arcmin == 0 || beam_fwhm_arcmin >= least_pixels * pixel_arcmin,
          ExitCode::config, "[sky] beam_fwhm = ", beam_fwhm_arcmin, " is below ", least_pixels,
          " pixels of ", pixel_arcmin,
          " arcmin, where it changes nothing; set 0, or smaller pixels");
  require(beam_fwhm_arcmin == 0 || beam_file.empty(), ExitCode::config,
          "[sky] beam_fwhm and beam_file are both set; choose one");
  require(observer.size() == 3, ExitCode::config, "[sky] observer has ", observer.size(),
          " numbers, wanted 3: x, y, z in units of the box");
  require(redshift_min < redshift_max, ExitCode::config, "[sky] redshift_min = ", redshift_min,
          " is not below redshift_max = ", redshift_max);
}

void SkyOptions::refuse_keys(Configuration const& configuration, std::string const& of_map) const {
  pixels.refuse_keys(configuration, of_map);
  if (!fields.density())
    configuration.refuse_key(of_map, "gas_density",
                             "is a key for the fields tau and ksz, and changes no other map; add "
                             "one to fields, or remove the key");
  if (bands.frequencies_ghz.empty())
    configuration.refuse_key(of_map, "unit",
                             "is that of the maps of frequencies, of which there are none (the map "
                             "of Compton y has no unit); set frequencies, or remove the key");
}

Viewpoint SkyOptions::view() const {
  return {{observer[0], observer[1], observer[2]},
          {replicas, static_cast<std::uint64_t>(replica_seed)}};
}

std::vector<std::string> sky_outputs(SkyOptions const& options) {
  std::vector<std::string> names;
  for (auto const* field : options.fields.fields()) names.push_back(map_name(*field));
  names.emplace_back("sky.json");
  for (auto const& name : options.bands.outputs()) names.push_back(name);
  if (options.catalogue.empty() && options.lightcone != LightconeRows::none)
    for (auto const* file : {"lightcone.h5", "lightcone.fits"}) names.emplace_back(file);
  return names;
}

SkyStage::SkyStage(Blueprint const& blueprint, MapInstance const& map)
    : n_voxels_(blueprint.configuration.get<VoxelizeOptions>().n_voxels) {
  record_ = {.stage = "sky", .instance = map.name, .version = 14};
  options_ = record_.take<SkyOptions>(blueprint.configuration, map.section);
  options_.refuse_keys(blueprint.configuration, map.section);
  options_.refuse_halo_keys(blueprint.configuration, map.section, map.model);
  if (options_.replicas == ReplicaRule::bare && options_.realisation == 0)
    blueprint.configuration.refuse_key(
        map.section, "replica_seed",
        "turns and shifts replicas, which replicas = bare does not; remove one of the two");
  options_.density = options_.fields.density();
  options_.draw_seed = static_cast<std::uint64_t>(options_.replica_seed);
  take_profile_numbers(record_, blueprint.configuration, options_.profile);
  for (auto const& snapshot : blueprint.snapshots) {
    auto const& [redshift_min, redshift_max] =
        std::pair(snapshot.section.redshift_min, snapshot.section.redshift_max);
    if (redshift_min >= options_.redshift_max || redshift_max <= options_.redshift_min) continue;
    snapshots_.push_back(snapshot);
    auto const& plan = plans_.emplace_back(blueprint, snapshot, map.model, options_);
    record_.settings.add(concat("sky.redshifts.", snapshot.name),
                         concat(redshift_min, " to ", redshift_max));
    record_.settings.add(concat("sky.simulation.", snapshot.name),
                         snapshot.section.simulation_name());
    for (auto const* names : {&plan.products, &plan.networks})
      record_.inputs.insert(record_.inputs.end(), names->begin(), names->end());
  }
  std::vector<std::function<std::vector<std::string>()>> files;
  for (auto const& plan : plans_) files.push_back(plan.files);
  record_.files = [files, beam = options_.beam_file] {
    std::set<std::string> all;  // most are the same for all
    if (!beam.empty()) all.insert(beam);
    for (auto const& of_one : files)
      for (auto const& file : of_one()) all.insert(file);
    return std::vector<std::string>(all.begin(), all.end());
  };
  if (!plans_.empty())
    record_.settings.add("sky.network", plans_.front().model + "/" + plans_.front().member);
  record_.outputs = sky_outputs(options_);
}

DistanceShell SkyStage::shell_of(SnapshotInstance const& snapshot,
                                 Cosmology const& cosmology) const {
  return {
      cosmology.comoving_distance(std::max(options_.redshift_min, snapshot.section.redshift_min)),
      cosmology.comoving_distance(std::min(options_.redshift_max, snapshot.section.redshift_max))};
}

void SkyStage::preflight(Comm const& comm, Outlook& outlook) const {
  collectively(comm, "", [&] {
    check_ranges(snapshots_, options_);
    for (auto const& snapshot : snapshots_) check_haloes(outlook, snapshot.name, options_);
    map_beam(options_);
  });
}

Estimate SkyStage::estimate(Outlook const& outlook, int n_ranks) const {
  auto const grid = options_.pixels.grid();
  auto const n_pixels = real(grid.n_pixels());
  double const share = grid.share_of_sky(), pixel = grid.geometry().pixel_size();
  SkyCost cost;
  double n_clusters = 0, n_fill = 0, n_cubes = 0;
  for (std::size_t i = 0; i < snapshots_.size(); ++i) {
    auto const table = expected_clusters(outlook, snapshots_[i].name);
    auto const shell = shell_of(snapshots_[i], table.cosmology);
    for (auto const& set : plans_[i].sets) {
      auto const [n, radii] = set.sizes(outlook);
      double const n_images =
          share * cost.add({radii, real(n), set.cubes ? n_voxels_ : 0, set.cut_r200},
                           table.box_ckpch, shell, pixel);
      if (set.kind == HaloKind::cluster) n_clusters += n_images;
      if (set.kind == HaloKind::fill) n_fill += n_images;
    }
    // Of each sample, the factors of its cubes and the height of its skirts.
    cost.table_bytes += (200 + 50 * real(plans_[i].n_samples)) * real(table.size());
    n_cubes += real(table.size() * std::max<std::int64_t>(1, plans_[i].n_samples));
  }
  auto const spectrum_nside = real(options_.pixels.spectrum_nside());
  Estimate estimate;
  // Map, and the same as float32 for the file.
  auto const n_maps = real(options_.fields.names.size());
  estimate.memory_bytes = (4 + 8 * n_maps) * n_pixels / n_ranks + cost.table_bytes +
                          SkyCost::bytes_of_spectrum(spectrum_nside) + 2.5e7;
  constexpr double lightcone_bytes = 2 * 96;  // a row, in HDF5 and in FITS
  double const n_rows = options_.lightcone == LightconeRows::none       ? 0
                        : options_.lightcone == LightconeRows::clusters ? n_clusters
                                                                        : n_clusters + n_fill;
  estimate.output_bytes = 4 * n_pixels * (n_maps + real(options_.bands.frequencies_ghz.size())) +
                          lightcone_bytes * n_rows;
  estimate.memory_bytes += map_beam_bytes(options_, n_pixels) / n_ranks;
  estimate.seconds = seconds_of_map_beam(options_, n_pixels) / n_ranks +
                     n_maps * (share * cost.seconds + SkyCost::seconds_of_map(n_pixels)) / n_ranks +
                     SkyCost::seconds_of_spectrum(spectrum_nside);
  if (expects_cl(options_))
    estimate.seconds += SkyCost::seconds_of_expected(n_clusters + n_fill, n_cubes) / n_ranks;
  estimate.note =
      concat(snapshots_.size(), snapshots_.size() == 1 ? " snapshot, about " : " snapshots, about ",
             std::llround(n_clusters), " clusters and ", std::llround(n_fill),
             " haloes of the fill on the sky");
  return estimate;
}

std::string SkyStage::model_hash(Context& context) const {
  std::string hash = "none";
  on_root(context.comm(), "sky: hash of the networks", [&] {
    std::vector<std::string> hashes;
    for (auto const& plan : plans_)
      for (auto const& network : plan.networks)
        hashes.push_back(hash_file(context.product(network)));
    if (plans_.front().source == "network")  // the same for all snapshots
      for (auto const& file : plans_.front().trained) hashes.push_back(hash_file(file));
    if (hashes.size() == 1) hash = hashes.front();
    if (hashes.size() < 2) return;
    Hash all;
    for (auto const& one : hashes) all.add(one);
    hash = all.hex();
  });
  return context.comm().broadcast(hash, 0);
}

void SkyStage::run(Context& context) {
  auto const& comm = context.comm();
  std::vector<std::unique_ptr<Population>> populations;
  std::vector<SkyPart> parts;
  for (std::size_t i = 0; i < snapshots_.size(); ++i) {
    auto const& population = *populations.emplace_back(std::make_unique<Population>(
        comm, plans_[i], [&](std::string const& name) { return context.product(name); }));
    parts.push_back({&population, shell_of(snapshots_[i], population.table().cosmology)});
  }
  std::int64_t n_outside_training = 0, n_mass_disagrees = 0;
  for (auto const& population : populations) {
    n_outside_training += population->n_outside_training();
    n_mass_disagrees += std::ssize(population->mass_disagrees());
  }
  SkyBeam const beam(comm, options_);
  auto maps = field_maps(options_.fields.fields(), options_.pixels.grid(beam.margin()), comm);
  SkySources const sources(parts, options_.view());
  auto const totals = paint_sky(context, parts, sources, maps);
  beam.spread(comm, maps);
  auto const halos = totals.front().halos();
  if (halos.n_left_out() > 0)
    Log::warn("sky: ", halos.n_left_out(),
              " haloes hold the observer and were not painted; a larger [sky] redshift_min leaves "
              "them out");
  auto const hash = model_hash(context);
  std::vector<SkyRecord> records;
  for (std::size_t i = 0; i < maps.size(); ++i)
    records.push_back({options_, snapshots_, plans_.front(), populations.front()->table(),
                       n_outside_training, n_mass_disagrees, hash, record_.settings.hex(),
                       flux_factors(populations), context.code(), totals[i],
                       figures_of(comm, maps[i].field, totals[i].all(), maps[i].canvas.map())});
  for (auto& record : records) beam.note(record.figures);
  auto const spectrum = expected_cl(comm, options_, sources.halos(), maps.front().field, beam);
  write_files(context, maps, records, spectrum);
  if (options_.lightcone == LightconeRows::none) return;
  FitsTexts texts;
  collectively(comm, "sky: header", [&] { texts = lightcone_texts(records.front()); });
  bool const all_rows = options_.lightcone == LightconeRows::all;
  write_lightcone(context, parts, options_.view(), sources, maps.front().canvas, options_.lightcone,
                  (all_rows ? halos : totals.front().clusters).n_images(), std::move(texts));
}

void add_sky_stages(Blueprint const& blueprint, StageList& stages) {
  for (auto const& map : blueprint.axes.maps("sky")) {
    if (map.catalogue.empty())
      stages.push_back(std::make_unique<SkyStage>(blueprint, map));
    else
      stages.push_back(std::make_unique<CatalogueSkyStage>(blueprint, map));
  }
}

}  // namespace setsz
