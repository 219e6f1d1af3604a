// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/sky_product_work.hpp"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <limits>
#include <nlohmann/json.hpp>

#include "io/healpix_map.hpp"
#include "io/json_file.hpp"
#include "io/sky_image.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/units.hpp"
#include "stages/sky/sky_painter.hpp"
#include "stages/sky/sky_spectrum.hpp"

namespace setsz {
namespace {

/// The sum over the map against the deposited amounts, relative.
constexpr double sum_tolerance = 1e-6;

nlohmann::json spectrum_report(Field const& field, std::vector<double> const& map,
                               std::int64_t nside) {
  return {{"field", field.product},
          {"nside", nside},
          {"l_max", 2 * nside},
          {"note", "of the map averaged to this nside; pixel window not divided out"},
          {"C_l", angular_spectrum(map, nside, 2 * nside)}};
}

ImageLayout image_layout(SkyGrid const& grid) {
  auto const& geometry = grid.geometry();
  auto const [rings, columns] = grid.image();
  if (auto const* flat = geometry.flat()) {
    auto const& plane = flat->plane();
    return zenithal_image(plane.projection == FlatProjection::gnomonic ? "TAN" : "ZEA",
                          columns.size(), rings.size(), flat->pixel_size() / units::degree,
                          plane.longitude / units::degree, plane.latitude / units::degree);
  }
  std::int64_t const n_around = geometry.pixels_in(rings.first);
  auto layout = plate_carree_image(columns.size(), rings.size(), 360 / real(n_around),
                                   real(columns.first), real(n_around) / 4 - real(rings.last - 2));
  layout.has_gaps = grid.n_pixels() < columns.size() * rings.size();
  return layout;
}

/// The pixels of an image that this rank has, from north to south and eastwards.
std::vector<float> image_pixels(RingMap const& map, double factor) {
  auto const& grid = map.grid();
  auto const [rings, columns] = grid.image();
  std::vector<float> pixels;
  for (std::int64_t ring = std::max(map.first_ring(), rings.first);
       ring < std::min(map.last_ring(), rings.last); ++ring) {
    auto const areas = map.geometry().solid_angles(ring, columns);
    auto const shown = grid.shown(ring);
    auto const values = map.ring(ring);
    for (std::int64_t k = columns.first; k < columns.last; ++k) {
      auto const at = static_cast<std::size_t>(map.place_of(ring, k));
      double const per_area = factor / areas[static_cast<std::size_t>(k - columns.first)];
      bool const is_shown = shown.empty() || shown[at];
      pixels.push_back(is_shown ? single(values[at] * per_area)
                                : std::numeric_limits<float>::quiet_NaN());
    }
  }
  return pixels;
}

/// The same of HEALPix, in RING order.
std::vector<float> healpix_pixels(RingMap const& map, double factor) {
  std::vector<float> pixels;
  pixels.reserve(map.values().size());
  for (std::int64_t ring = map.first_ring(); ring < map.last_ring(); ++ring) {
    double const per_area = factor / map.geometry().pixel_area(ring);
    auto const shown = map.grid().shown(ring);
    auto const values = map.ring(ring);
    for (std::size_t i = 0; i < values.size(); ++i)
      if (shown.empty() || shown[i]) pixels.push_back(single(values[i] * per_area));
  }
  return pixels;
}

/// Of the integral over a map: "sr", "uK_CMB sr".
std::string integral_unit(Field const& field) {
  return concat(field.unit, field.unit.empty() ? "" : " ", "sr");
}

/// Warns of a halo that was sampled badly.
void check_samples(Field const& field, double worst) {
  if (worst > SkyPainter::usual_sampling_error)
    Log::warn("sky: ", field.title, ": the samples of one halo were ", 100 * worst,
              "% off before they were scaled; its sum is exact, its shape in the map may not be. "
              "Is its gas smooth on the scale of its voxels or of R200/10, or its network hardly "
              "trained?");
}

/// In RING order.
std::vector<std::int64_t> healpix_indices(RingMap const& map) {
  std::vector<std::int64_t> indices;
  indices.reserve(map.values().size());
  for (std::int64_t ring = map.first_ring(); ring < map.last_ring(); ++ring) {
    std::int64_t const first = map.geometry().first_pixel(ring), n = map.geometry().pixels_in(ring);
    Range const pixels = map.grid().pixels_of(ring);
    auto const shown = map.grid().shown(ring);
    for (std::int64_t k = pixels.first; k < pixels.last; ++k)
      if (shown.empty() || shown[static_cast<std::size_t>(k - pixels.first)])
        indices.push_back(first + (k % n + n) % n);
  }
  return indices;
}

}  // namespace

std::string map_name(Field const& field) { return concat(field.product, ".fits"); }

SkyFigures figures_of(Comm const& comm, Field const& field, Tally const& all, RingMap const& map) {
  auto const figures = map_figures(comm, map);
  double const painted = all.painted(), integral = figures.integral;
  double const difference = std::abs(integral - painted);
  double const residual = figures.absolute > 0 ? difference / figures.absolute : difference;
  collectively(comm, "sky: the sum over the map", [&] {
    require(residual < sum_tolerance, ExitCode::internal, "the map of ", field.title, " holds ",
            integral, " of the ", painted, ' ', integral_unit(field), " that were painted");
  });
  return {field, all, figures, residual};
}

std::string today() {
  std::time_t const now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[16];
  std::strftime(text, sizeof text, "%Y-%m-%d", &utc);
  return text;
}

std::vector<FitsCard> map_cards(SkyFigures const& figures) {
  auto const& [field, all, map, residual, beam, beam_file] = figures;
  std::string const name = fits_upper_case(field.name);
  std::vector<FitsCard> cards = {
      {name + "MEAN", map.mean, "mean of the map"},
      {name + "STD", map.deviation, "standard deviation"},
      {name + "MAX", map.largest, "largest pixel"},
      {name + "LOST", all.removed(),
       concat("[", integral_unit(field), "] ", field.name, " not painted: belongs to others")},
      {"SUMERR", residual, "sum of the map against what was painted"},
      {"SAMPMAX", all.largest_sampling_error(), "halo sampled worst, before scaling"},
      {"SAMPMEAN", all.mean_sampling_error(), "mean of the same over sampled haloes"},
      {"NSAMPLED", all.n_sampled(), "haloes sampled; the others are points"},
      {"PIXAVG", true, "pixel-integrated"},
      {"BEAMFWHM", beam,
       beam == 0 ? "[arcmin] no beam"
                 : concat("[arcmin] ", beam_file.empty() ? "Gaussian beam" : "tabulated beam")},
      {"LMAX", std::int64_t{0}, "no band limit"},
  };
  if (!beam_file.empty()) {
    cards.back().comment = "no band limit but that of the beam";
    auto const slash = beam_file.find_last_of('/');
    cards.push_back({"BEAMFILE", beam_file.substr(slash + 1).substr(0, card_text_length),
                     "B_l of the beam; BEAMFWHM is that of its core"});
  }
  return cards;
}

nlohmann::json figures_report(SkyFigures const& figures) {
  auto const& [field, all, map, residual, beam, beam_file] = figures;
  std::string const name(field.name);
  return {
      {"format_version", 1},
      {"mean_" + name, map.mean},
      {"std_" + name, map.deviation},
      {"max_" + name, map.largest},
      {"n_too_near", all.n_left_out()},
      {name + "_painted_sr", all.painted()},
      {name + "_lost_sr", all.removed()},
      {"sum_rule_residual", residual},
      {"n_sampled", all.n_sampled()},
      {"largest_sampling_error", all.largest_sampling_error()},
      {"mean_sampling_error", all.mean_sampling_error()},
      {"pixels", "integrated"},
      {"beam_fwhm_arcmin", beam},
      {"beam_file", beam_file},
  };
}

void write_map(Context& context, RingMap const& map, std::string const& name,
               MapHeader const& header, double factor) {
  auto const& comm = context.comm();
  auto const* healpix = map.geometry().healpix();
  std::vector<float> pixels;
  collectively(comm, "sky: memory for the map",
               [&] { pixels = healpix ? healpix_pixels(map, factor) : image_pixels(map, factor); });
  std::int64_t const first = comm.sum_before(std::ssize(pixels));
  auto const path = context.part(name);
  if (!healpix)
    write_sky_image(comm, path, image_layout(map.grid()), header, first, pixels);
  else if (map.grid().is_full())
    write_healpix_map(comm, path, healpix->nside(), header, first, pixels);
  else
    write_partial_healpix_map(comm, path, healpix->nside(), header, healpix_indices(map), pixels);
}

nlohmann::json write_products(Context& context, FieldMaps const& maps, std::vector<MapTexts> texts,
                              SzBands const& bands, std::int64_t spectrum_nside) {
  auto const& comm = context.comm();
  for (std::size_t i = 0; i < maps.size(); ++i)
    check_samples(maps[i].field, texts[i].report.at("largest_sampling_error"));
  nlohmann::json report = std::move(texts.front().report);
  for (std::size_t i = 0; i < maps.size(); ++i) {
    auto const& [field, canvas] = maps[i];
    write_map(context, canvas.map(), map_name(field), texts[i].header);
    if (&field == &field_table().front())
      write_bands(context, canvas.map(), bands, texts[i].header);
    if (i > 0) report["fields"][std::string(field.product)] = std::move(texts[i].report);
  }
  if (spectrum_nside > 0) {
    Field const& field = maps.front().field;
    auto const companion =
        degraded(comm, maps.front().canvas.map(), spectrum_nside, field.quantum_sr);
    collectively(comm, "sky: C_l", [&] {
      if (comm.is_root()) report["cl"].update(spectrum_report(field, companion, spectrum_nside));
    });
  }
  write_json(comm, context.part("sky.json"), report);
  return report;
}

}  // namespace setsz
