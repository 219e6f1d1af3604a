// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/sky_beam_work.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/units.hpp"
#include "stages/sky/map_beam_work.hpp"

namespace setsz {

std::optional<BeamKernel> map_beam(SkyOptions const& options) {
  constexpr double least_pixels = 2;
  std::optional<BeamKernel> kernel;
  if (!options.beam_file.empty())
    kernel = BeamKernel::of_window(read_beam_window(options.beam_file));
  else if (options.catalogue.empty() && options.beam_fwhm_arcmin > 0)
    kernel = BeamKernel::gaussian(options.beam_fwhm_arcmin * units::arcmin);
  else
    return {};
  double const pixel = options.pixels.geometry().pixel_size();
  require(kernel->fwhm() >= least_pixels * pixel, ExitCode::config, "[sky] the beam is ",
          kernel->fwhm() / units::arcmin, " arcmin wide (half maximum), below ", least_pixels,
          " pixels of ", pixel / units::arcmin, " arcmin; set ",
          options.pixels.is_healpix() ? "a larger nside" : "a finer resolution");
  return kernel;
}

namespace {

/// Pairs of pixels within the reach of a beam.
double pairs(SkyGridOptions const& pixels, BeamKernel const& kernel, double n_pixels) {
  auto const geometry = pixels.geometry();
  double const across = kernel.reach() / geometry.pixel_size();
  auto const* car = geometry.car();
  if (!car) return n_pixels * std::numbers::pi * across * across;
  // Near the poles a beam reaches over many narrow pixels, at most all of a ring.
  auto const grid = pixels.grid();
  double sum = 0;
  for (std::int64_t ring = grid.rings().first; ring < grid.rings().last; ++ring) {
    double const in_ring = std::numbers::pi / 2 * across / car->circle(ring, PixelPart{}).s;
    sum += real(grid.pixels_of(ring).size()) * 2 * across *
           std::min(in_ring, real(car->pixels_in(ring)));
  }
  return sum;
}

}  // namespace

double seconds_of_map_beam(SkyOptions const& options, double n_pixels) {
  auto const kernel = map_beam(options);
  if (!kernel) return 0;
  constexpr double seconds_per_pair = 7e-9;
  return seconds_per_pair * pairs(options.pixels, *kernel, n_pixels) *
         (1 + real(options.fields.names.size()));
}

double map_beam_bytes(SkyOptions const& options, double n_pixels) {
  return map_beam(options) ? 24 * n_pixels : 0;  // weights, what is sent, what came
}

SkyBeam::SkyBeam(Comm const& comm, SkyOptions const& options) : options_(options) {
  collectively(comm, "sky: the beam", [&] { kernel_ = map_beam(options); });
}

double SkyBeam::margin() const {
  return kernel_ && options_.pixels.is_partial() ? 2 * kernel_->reach() : 0;
}

void SkyBeam::spread(Comm const& comm, FieldMaps& maps) const {
  if (!kernel_) return;
  Log::info("sky: a beam of ", kernel_->fwhm() / units::arcmin, " arcmin spreads ", maps.size(),
            maps.size() == 1 ? " map" : " maps");
  MapBeam const beam(comm, maps.front().canvas, *kernel_);
  for (auto& map : maps) beam.spread(map.canvas.map());
}

std::vector<double> SkyBeam::window(std::int64_t l_max) const {
  auto const n = static_cast<std::size_t>(l_max + 1);
  if (!options_.beam_file.empty()) {
    auto window = read_beam_window(options_.beam_file);
    window.resize(n);  // 0 where the file has ended
    return window;
  }
  double const sigma = options_.beam_fwhm_arcmin * units::arcmin / std::sqrt(8 * std::log(2.0));
  std::vector<double> window;
  for (std::size_t l = 0; l < n; ++l)
    window.push_back(std::exp(-real(l) * (real(l) + 1) * sigma * sigma / 2));
  return window;
}

void SkyBeam::note(SkyFigures& figures) const {
  figures.beam_fwhm_arcmin =
      options_.beam_file.empty() ? options_.beam_fwhm_arcmin : kernel_->fwhm() / units::arcmin;
  figures.beam_file = options_.beam_file;
}

}  // namespace setsz
