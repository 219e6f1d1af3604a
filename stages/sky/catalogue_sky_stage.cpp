// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/catalogue_sky_stage.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <nlohmann/json.hpp>

#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/units.hpp"
#include "stages/halos/halo_layer_work.hpp"
#include "stages/halos/painting_work.hpp"
#include "stages/halos/profile_table.hpp"
#include "stages/sky/catalogue_header_work.hpp"
#include "stages/sky/catalogue_source.hpp"
#include "stages/sky/expected_spectrum_work.hpp"
#include "stages/sky/sky_beam_work.hpp"
#include "stages/sky/sky_cost.hpp"

namespace setsz {
namespace {

/// Keys of [sky.NAME] that choose among the haloes of snapshots.
void refuse_keys_of_snapshots(Configuration const& configuration, MapInstance const& map) {
  for (auto const* key : {"observer", "redshift_min", "redshift_max", "replicas", "replica_seed",
                          "lightcone", "source", "realisation", "skirt", "fill", "fill_mass_min"})
    configuration.refuse_key(
        map.section, key,
        concat("is a key for snapshots, but the map shows [catalogue.", map.catalogue,
               "]; remove it, or use the keys of [catalogue.", map.catalogue, "]"));
}

/// Haloes of an estimate and their angles.
struct ExpectedHaloes {
  double n = 0, seconds = 0;
};

ExpectedHaloes expected_haloes(Catalogue const& catalogue, Cosmology const& cosmology, double cut,
                               double pixel) {
  constexpr std::int64_t n_wanted = 1000;
  std::int64_t n_sampled = 0;
  auto const sample = catalogue.sample(n_wanted, n_sampled);
  double const rows_each =
      real(catalogue.expected_rows()) / real(std::max<std::int64_t>(n_sampled, 1));
  ExpectedHaloes all;
  for (auto const& [row, halo, m200c] : sample) {
    double const r200 = halo_scales(cosmology, halo.redshift, m200c).r200c_ckpch;
    all.seconds += rows_each * SkyCost::seconds_of_profile(cut, r200 / norm(halo.seen), pixel);
  }
  all.n = rows_each * real(sample.size());
  return all;
}

/// The end of a message. \param field  that needs them
std::string without_velocity(std::string const& field) {
  return concat(" have no velocity (NaN or empty), which the map of ", field,
                " needs; remove these rows, give them 0 if a halo at rest will do, or remove ",
                field, " from [sky] fields");
}

void log_survey(Catalogue const& catalogue, CatalogueSurvey const& survey) {
  Log::info("sky: ", catalogue.columns());
  Log::info("sky: ", survey.n_chosen, " of ", catalogue.n_rows(), " haloes, M200c ",
            survey.m200c_min * units::msunh_per_code, " to ",
            survey.m200c_max * units::msunh_per_code, " Msun/h, z ", survey.redshift_min, " to ",
            survey.redshift_max);
  constexpr double suspicious = 0.05;
  if (survey.distance_mismatch > suspicious)
    Log::warn("sky: distances and redshifts of the catalogue disagree by ",
              100 * survey.distance_mismatch,
              "% on average; check the unit of the positions (Mpc or Mpc/h) and [cosmology]");
}

}  // namespace

CatalogueSkyStage::CatalogueSkyStage(Blueprint const& blueprint, MapInstance const& map)
    : catalogue_name_(map.catalogue) {
  auto const& configuration = blueprint.configuration;
  record_ = {.stage = "sky", .instance = map.name, .version = 7};
  refuse_keys_of_snapshots(configuration, map);
  options_ = record_.take<SkyOptions>(configuration, map.section);
  options_.refuse_keys(configuration, map.section);
  section_ = record_.take<CatalogueSection>(configuration, "catalogue." + map.catalogue);
  cosmology_ = record_.take<CosmologySection>(configuration).value;
  require(!section_.files.empty(), ExitCode::config, "[catalogue.", map.catalogue,
          "] has no files; name the halo catalogue: files = halos.csv");
  require(options_.profile != "fit", ExitCode::config, configuration.where(map.section), ": [",
          map.section,
          "] profile = fit is a fit to the gas of a snapshot, but the map shows "
          "[catalogue.",
          map.catalogue, "]; set profile to a published one (", published_profile_names(),
          "), to the NAME of a [profile.NAME], or to the gnfw.json of "
          "another run");
  numbers_ = take_profile_numbers(record_, configuration, options_.profile);
  record_.files = [section = section_, name = map.catalogue, choice = profile(),
                   beam = options_.beam_file] {
    auto files = section.existing_files(name);
    for (auto const& file : choice.files()) files.push_back(file);
    if (!beam.empty()) files.push_back(beam);
    return files;
  };
  record_.outputs = sky_outputs(options_);
}

void CatalogueSkyStage::preflight(Comm const& comm, Outlook&) const {
  on_root(comm, "", [&] {
    std::int64_t n_sampled = 0;
    Catalogue const catalogue(section_, catalogue_name_, cosmology_);
    auto const some = catalogue.sample(256, n_sampled);
    auto const field = options_.fields.needing_velocities();
    auto const n_lacking = std::ranges::count_if(
        some, [](CatalogueRow const& row) { return !std::isfinite(row.halo.velocity); });
    require(field.empty() || n_lacking == 0 || n_lacking < std::ssize(some), ExitCode::config,
            "[sky.", record_.instance, "] fields: ", field,
            " needs the velocities of haloes, which [catalogue.", catalogue_name_,
            "] lacks; name v_los, or vx, vy and vz, in its columns, or remove ", field);
    require(field.empty() || n_lacking == 0, ExitCode::bad_data, n_lacking, " of ", some.size(),
            " haloes of [catalogue.", catalogue_name_, "] that were looked at",
            without_velocity(field));
    open_pressure();
    map_beam(options_);
  });
}

Estimate CatalogueSkyStage::estimate(Outlook const&, int n_ranks) const {
  auto const grid = options_.pixels.grid();
  auto const n_pixels = real(grid.n_pixels());
  double const share = grid.share_of_sky();
  Catalogue const catalogue(section_, catalogue_name_, cosmology_);
  auto const halos =
      expected_haloes(catalogue, cosmology_, options_.fill_cut_r200, grid.geometry().pixel_size());
  auto const spectrum_nside = real(options_.pixels.spectrum_nside());
  constexpr double seconds_per_row = 2e-6;  // read twice, converted
  Estimate estimate;
  auto const n_maps = real(options_.fields.names.size());
  estimate.memory_bytes =
      (4 + 8 * n_maps) * n_pixels / n_ranks + SkyCost::bytes_of_spectrum(spectrum_nside) + 5e7;
  estimate.memory_bytes += map_beam_bytes(options_, n_pixels) / n_ranks;
  estimate.output_bytes = 4 * n_pixels * (n_maps + real(options_.bands.frequencies_ghz.size()));
  estimate.seconds = (n_maps * (share * halos.seconds + SkyCost::seconds_of_map(n_pixels)) +
                      real(catalogue.expected_rows()) * seconds_per_row +
                      seconds_of_map_beam(options_, n_pixels)) /
                         n_ranks +
                     SkyCost::seconds_of_spectrum(spectrum_nside);
  if (expects_cl(options_)) estimate.seconds += SkyCost::seconds_of_expected(halos.n, 0) / n_ranks;
  estimate.note = concat("about ", std::llround(halos.n), " haloes of the catalogue");
  return estimate;
}

EvolvingProfile CatalogueSkyStage::open_pressure() const {
  return profile().open([](std::string const& name) { return name; }, cosmology_);
}

ProfileFamily CatalogueSkyStage::family(Comm const& comm, CatalogueSurvey const& survey,
                                        EvolvingProfile const& profile) const {
  std::optional<ProfileFamily> family;
  collectively(comm, "sky: profiles", [&] {
    family.emplace(profile,
                   ProfileFamily::Bounds{survey.m200c_min, survey.m200c_max, survey.redshift_min,
                                         survey.redshift_max},
                   options_.fill_cut_r200);
  });
  return *std::move(family);
}

CatalogueSurvey CatalogueSkyStage::survey(Comm const& comm, Catalogue& catalogue) const {
  catalogue.count_rows(comm);
  auto survey = catalogue.survey(comm);
  if (survey.n_chosen == 0)
    throw CollectiveError(ExitCode::config,
                          concat("none of the ", catalogue.n_rows(), " haloes of [catalogue.",
                                 catalogue_name_, "] lies within its limits of mass and redshift"));
  auto const field = options_.fields.needing_velocities();
  if (!field.empty() && survey.n_without_velocity > 0)
    throw CollectiveError(ExitCode::bad_data,
                          concat(catalogue.place(survey.first_without_velocity), ": this and ",
                                 survey.n_without_velocity - 1, " other haloes of ",
                                 survey.n_chosen, without_velocity(field)));
  log_survey(catalogue, survey);
  return survey;
}

void CatalogueSkyStage::warn_of_near_haloes(std::int64_t n) const {
  if (n > 0)
    Log::warn("sky: ", n, " haloes hold the observer and were not painted; a larger [catalogue.",
              catalogue_name_, "] redshift_min leaves them out");
}

void CatalogueSkyStage::run(Context& context) {
  auto const& comm = context.comm();
  std::optional<Catalogue> catalogue;
  collectively(comm, "sky: catalogue",
               [&] { catalogue.emplace(section_, catalogue_name_, cosmology_); });
  auto const survey = this->survey(comm, *catalogue);
  EvolvingProfile pressure;
  collectively(comm, "sky: profile", [&] { pressure = open_pressure(); });
  auto const pressures = family(comm, survey, pressure);
  auto const* density = options_.fields.density();
  std::optional<ProfileFamily> densities;
  if (density) densities.emplace(family(comm, survey, density_profile(*density, cosmology_)));
  SkyBeam const beam(comm, options_);
  auto maps = field_maps(options_.fields.fields(), options_.pixels.grid(beam.margin()), comm,
                         Beam(options_.beam_fwhm_arcmin * units::arcmin));
  CatalogueSource const source(*catalogue, cosmology_, pressures,
                               densities ? &*densities : nullptr);
  HaloLayer layer(comm, "sky", source, sheets_of(maps), 1e6 * context.options().memory_mb);
  Layer* const layers[] = {&layer};
  paint_layers(context, {"sky", "haloes"}, canvases_of(maps), layers);
  beam.spread(comm, maps);
  std::vector<MapTexts> texts;
  for (std::size_t i = 0; i < maps.size(); ++i) {
    auto const& [field, canvas] = maps[i];
    auto figures = figures_of(comm, field, over_ranks(comm, layer.tallies()[i]), canvas.map());
    beam.note(figures);
    CatalogueRecord const record{options_,
                                 section_,
                                 catalogue_name_,
                                 catalogue->mass_definition(),
                                 cosmology_,
                                 field.is_pressure ? profile().name() : std::string(density->name),
                                 survey,
                                 catalogue->n_rows(),
                                 record_.settings.hex(),
                                 context.code(),
                                 figures};
    texts.push_back(
        {catalogue_header(record), i == 0 ? catalogue_report(record) : figures_report(figures)});
  }
  warn_of_near_haloes(texts.front().report.at("n_too_near"));
  HalosAndSkirts const halos[] = {{&source}};
  texts.front().report.update(expected_cl(comm, options_, halos, maps.front().field, beam));
  auto const report = write_products(context, maps, std::move(texts), options_.bands,
                                     options_.pixels.spectrum_nside());
  for (auto const& [key, value] : report.items())
    if (value.is_number()) context.note(key, value);
}

}  // namespace setsz
