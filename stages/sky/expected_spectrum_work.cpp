// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/expected_spectrum_work.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <optional>
#include <utility>

#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"
#include "stages/halos/gas_waves.hpp"
#include "stages/sky/one_halo_spectrum.hpp"

namespace setsz {
namespace {

/// The waves of the haloes of one source; images of one halo follow each other.
class Waves {
 public:
  Waves(HaloSource const& source, Field const& field) : source_(source), field_(field) {}

  /// In units of the map for 1 ckpc/h.
  WaveTable of(HaloImage const& image) {
    auto const key = std::pair(image.halo.row, image.halo.sample);
    if (key != key_) own_ = waves_of(source_.gas_of(image.halo, field_), image.halo.r200);
    key_ = key;
    WaveTable seen;
    double const weight = source_.weight_of(image, field_);
    for (std::size_t i = 0; i < WaveTable::n_nodes; ++i)
      seen.values()[i] = weight * own_.values()[i];
    return seen;
  }

 private:
  HaloSource const& source_;
  Field const& field_;
  std::pair<std::int64_t, std::int64_t> key_{-1, 0};
  WaveTable own_;
};

/// Which halo in which replica.
using Place = std::pair<std::int64_t, std::array<std::int16_t, 3>>;
Place place_of(HaloImage const& image) { return {image.halo.row, image.cell}; }

std::vector<HaloImage> images_of(HaloSource const& source, Range places) {
  std::vector<HaloImage> images;
  source.find_images(places, images);
  return images;
}

/// The images of a range of places. A halo and its skirt are one: their y_l add before the square.
void add_places(HalosAndSkirts const& all, Field const& field, Range places,
                OneHaloSpectrum& spectrum) {
  std::map<Place, WaveTable> skirts;
  if (all.skirts) {
    Waves waves(*all.skirts, field);
    for (auto const& image : images_of(*all.skirts, places))
      skirts.emplace(place_of(image), waves.of(image));
  }
  constexpr std::int64_t images_per_mark = 1024;
  std::int64_t n = 0;
  Waves waves(*all.halos, field);
  for (auto const& image : images_of(*all.halos, places)) {
    auto seen = waves.of(image);
    if (auto const skirt = skirts.find(place_of(image)); skirt != skirts.end())
      for (std::size_t i = 0; i < WaveTable::n_nodes; ++i)
        seen.values()[i] += skirt->second.values()[i];
    double const r200 = image.halo.r200, distance = norm(image.seen);
    spectrum.add(seen, r200 * r200 * r200 / (distance * distance), r200 / distance,
                 all.box_ckpch ? 2 * std::numbers::pi * distance / *all.box_ckpch : 0);
    if (++n % images_per_mark == 0) mark_progress("sky");
  }
}

/// Units of work, whatever the number of ranks: enough for many, and few partial sums.
std::int64_t places_per_unit(std::int64_t n_places) {
  constexpr std::int64_t n_units = 1024, most = 1 << 16;
  return std::clamp<std::int64_t>((n_places + n_units - 1) / n_units, 1, most);
}

}  // namespace

ExpectedCl one_halo_spectrum(Comm const& comm, std::span<HalosAndSkirts const> all,
                             Field const& field, std::span<std::int64_t const> multipoles) {
  auto const n = multipoles.size();
  std::vector<double> sums(2 * n);
  for (auto const& halos : all) {
    std::int64_t const n_places = halos.halos->n_places(), size = places_per_unit(n_places);
    std::vector<double> mine;
    collectively(comm, "sky: the C_l of its haloes", [&] {
      Range const units = even_range((n_places + size - 1) / size, comm.rank(), comm.size());
      for (std::int64_t unit = units.first; unit < units.last; ++unit) {
        OneHaloSpectrum spectrum(multipoles);
        add_places(halos, field, {unit * size, std::min((unit + 1) * size, n_places)}, spectrum);
        mine.insert(mine.end(), spectrum.values().begin(), spectrum.values().end());
        mine.insert(mine.end(), spectrum.beyond_box().begin(), spectrum.beyond_box().end());
      }
    });
    auto const units = comm.all_gather_v(mine);
    for (std::size_t i = 0; i < units.size(); ++i) sums[i % sums.size()] += units[i];
  }
  ExpectedCl expected{{sums.begin(), sums.begin() + std::ssize(multipoles)}, {}};
  for (std::size_t i = 0; i < n; ++i)
    expected.beyond_box.push_back(sums[i] > 0 ? sums[n + i] / sums[i] : 0);
  return expected;
}

namespace {

/// Where half of C_l comes from haloes whose boxes are too small.
std::int64_t box_multipole(std::vector<double> const& beyond_box,
                           std::span<std::int64_t const> multipoles) {
  constexpr double half = 0.5;
  std::size_t i = 0;
  while (i + 1 < multipoles.size() && beyond_box[i] > half) ++i;
  if (i == 0 || beyond_box[i] > half) return multipoles[i];
  double const t = (beyond_box[i - 1] - half) / (beyond_box[i - 1] - beyond_box[i]);
  return std::llround((1 - t) * real(multipoles[i - 1]) + t * real(multipoles[i]));
}

}  // namespace

bool expects_cl(SkyOptions const& options) {
  return options.expected_spectrum && options.pixels.spectrum_nside() > 0;
}

nlohmann::json expected_cl(Comm const& comm, SkyOptions const& options,
                           std::span<HalosAndSkirts const> all, Field const& field,
                           SkyBeam const& beam) {
  if (!expects_cl(options)) return nlohmann::json::object();
  constexpr std::int64_t per_nside = 6;  // beyond the l of the map: its pixels mix these scales in
  std::int64_t const l_max = per_nside * options.pixels.spectrum_nside();
  auto const multipoles = few_multipoles(l_max);
  auto spectrum = one_halo_spectrum(comm, all, field, multipoles);
  collectively(comm, "sky: the beam", [&] {
    auto const window = beam.window(l_max);
    for (std::size_t i = 0; i < spectrum.c_l.size(); ++i) {
      double const b = window[static_cast<std::size_t>(multipoles[i])];
      spectrum.c_l[i] *= b * b;
    }
  });
  nlohmann::json expected = {
      {"note",
       "of the painted haloes in independent places: the sum of y_l^2/(4 pi), each halo whole and "
       "round; with the beam, without the pixel window"},
      {"l", multipoles},
      {"C_l", spectrum.c_l}};
  if (std::ranges::any_of(all, [](auto const& halos) { return halos.box_ckpch.has_value(); })) {
    expected["beyond_box"] = spectrum.beyond_box;
    expected["l_box"] = box_multipole(spectrum.beyond_box, multipoles);
  }
  return {{"cl", {{"expected", expected}}}};
}

}  // namespace setsz
