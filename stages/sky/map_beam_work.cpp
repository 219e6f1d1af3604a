// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/map_beam_work.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>

#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"
#include "stages/sky/sky_disc.hpp"

namespace setsz {

MapBeam::MapBeam(Comm const& comm, SkyCanvas const& canvas, BeamKernel kernel)
    : comm_(comm), grid_(canvas.map().grid()), kernel_(std::move(kernel)) {
  for (int rank = 0; rank < comm.size(); ++rank) pieces_.push_back(canvas.pieces_of(rank));
  std::int64_t most = 0;
  for (std::int64_t ring = grid_.rings().first; ring < grid_.rings().last; ++ring)
    most = std::max(most, seen_from(ring).size());
  rows_.resize(static_cast<std::size_t>(most));
  collectively(comm, "sky: the beam", [&] {
    std::vector<double> areas;
    auto const source = [&](std::int64_t ring) {
      areas = this->areas(ring);
      return std::span<double const>(areas);
    };
    Range const mine = pieces_[static_cast<std::size_t>(comm_.rank())];
    for (std::int64_t ring = mine.first; ring < mine.last; ++ring)
      sum(ring, source, weight_.emplace_back());
  });
}

std::vector<double> MapBeam::areas(std::int64_t ring) const {
  return grid_.geometry().solid_angles(ring, grid_.pixels_of(ring));
}

Range MapBeam::seen_from(std::int64_t ring) const {
  auto const& geometry = grid_.geometry();
  if (auto const* flat = geometry.flat()) {
    std::int64_t const away = flat->pixels_across(kernel_.reach(), grid_.margin());
    return {std::max(ring - away, grid_.rings().first),
            std::min(ring + away + 1, grid_.rings().last)};
  }
  auto const [z, s] = geometry.circle(ring, PixelPart{});
  double const theta = std::atan2(s, z);
  double const north = geometry.ring_at(std::max(theta - kernel_.reach(), 0.0)),
               south = geometry.ring_at(std::min(theta + kernel_.reach(), std::numbers::pi));
  Range const rings = grid_.rings();
  return {std::clamp(static_cast<std::int64_t>(std::floor(north)), rings.first, rings.last - 1),
          std::clamp(static_cast<std::int64_t>(std::ceil(south)) + 1, rings.first + 1, rings.last)};
}

Range MapBeam::needed_by(int rank) const {
  Range const own = pieces_[static_cast<std::size_t>(rank)];
  if (own.size() <= 0) return {};
  return {seen_from(own.first).first, seen_from(own.last - 1).last};
}

MapBeam::Row const& MapBeam::row(std::int64_t ring) const {
  auto& row = rows_[static_cast<std::size_t>(ring) % rows_.size()];
  if (row.ring == ring) return row;
  Range const pixels = grid_.pixels_of(ring);
  row.ring = ring;
  auto const& geometry = grid_.geometry();
  if (geometry.flat()) {
    row.directions.clear();
    geometry.for_each_direction(
        ring, PixelPart{}, pixels,
        [&](std::int64_t, Vec3 const& direction) { row.directions.push_back(direction); });
    return row;
  }
  row.circle = geometry.circle(ring, PixelPart{});
  for (auto* values : {&row.longitude, &row.cosine, &row.sine}) values->clear();
  geometry.for_each_arc(ring, PixelPart{}, pixels.first, pixels.last, [&](auto const& arc) {
    for (std::int64_t k = arc.first; k < arc.last; ++k) {
      double const phi = arc.phi_first + arc.phi_step * real(k - arc.first);
      row.longitude.push_back(phi);
      row.cosine.push_back(std::cos(phi));
      row.sine.push_back(std::sin(phi));
    }
  });
  return row;
}

template <class Source>
void MapBeam::sum_flat(std::int64_t ring, Source const& source, std::vector<double>& result) const {
  auto const& flat = *grid_.geometry().flat();
  Range const rings = seen_from(ring);
  auto const here = row(ring).directions;
  std::vector<FlatRows::Ellipse> discs;
  for (Vec3 const& direction : here) discs.push_back(flat.ellipse(direction, kernel_.reach()));
  for (std::int64_t other = rings.first; other < rings.last; ++other) {
    auto const& there = row(other).directions;
    auto const values = source(other);
    Range const held = grid_.pixels_of(other);
    for (std::size_t i = 0; i < result.size(); ++i) {
      Range const near = flat.columns_within(discs[i], other);
      double sum = 0;
      for (std::int64_t k = std::max(near.first, held.first); k < std::min(near.last, held.last);
           ++k) {
        auto const at = static_cast<std::size_t>(k - held.first);
        sum += values[at] * kernel_.at(norm2(there[at] - here[i]));
      }
      result[i] += sum;
    }
  }
}

template <class Source>
void MapBeam::sum(std::int64_t ring, Source const& source, std::vector<double>& result) const {
  auto const& geometry = grid_.geometry();
  Range const pixels = grid_.pixels_of(ring);
  result.assign(static_cast<std::size_t>(pixels.size()), 0.0);
  if (geometry.flat()) return sum_flat(ring, source, result);
  double const reach2 = SkyDisc::chord2_of(kernel_.reach());
  Range const rings = seen_from(ring);
  for (std::int64_t other = rings.first; other < rings.last; ++other) {
    Row const &here = row(ring), &there = row(other);
    auto const [z, s] = here.circle;
    auto const [z2, s2] = there.circle;
    double const left = reach2 - (z - z2) * (z - z2) - (s - s2) * (s - s2), across = 4 * s * s2;
    if (left <= 0) continue;
    double const half = left >= across ? std::numbers::pi : 2 * std::asin(std::sqrt(left / across));
    std::int64_t const n = geometry.pixels_in(other), first = grid_.pixels_of(other).first;
    auto const values = source(other);
    double const straight = 2 - 2 * z * z2, bent = 2 * s * s2;
    for (std::size_t i = 0; i < result.size(); ++i) {
      Range const near = geometry.pixels_near(other, here.longitude[i], half);
      double const cosine = bent * here.cosine[i], sine = bent * here.sine[i];
      double sum = 0;
      std::int64_t place = (near.first - first) % n;
      if (place < 0) place += n;
      for (std::int64_t k = near.first; k < near.last;
           ++k, place = place + 1 == n ? 0 : place + 1) {
        if (place >= std::ssize(values)) continue;
        auto const at = static_cast<std::size_t>(place);
        double const chord2 = straight - (cosine * there.cosine[at] + sine * there.sine[at]);
        sum += values[at] * kernel_.at(std::max(chord2, 0.0));
      }
      result[i] += sum;
    }
  }
}

void MapBeam::spread(RingMap& map) const {
  std::vector<std::vector<double>> outgoing(static_cast<std::size_t>(comm_.size()));
  for (int rank = 0; rank < comm_.size(); ++rank) {
    Range const needed = needed_by(rank);
    for (std::int64_t ring = std::max(needed.first, map.first_ring());
         ring < std::min(needed.last, map.last_ring()); ++ring) {
      auto const& weight = weight_[static_cast<std::size_t>(ring - map.first_ring())];
      auto const values = map.ring(ring);
      for (std::size_t i = 0; i < values.size(); ++i)
        outgoing[static_cast<std::size_t>(rank)].push_back(values[i] / weight[i]);
    }
  }
  auto const parts = comm_.exchange(outgoing);  // in the order of rings
  collectively(comm_, "sky: the beam", [&] {
    std::vector<std::size_t> begin;
    Range const needed = needed_by(comm_.rank());
    std::size_t n = 0;
    for (std::int64_t ring = needed.first; ring < needed.last; ++ring) {
      begin.push_back(n);
      n += static_cast<std::size_t>(grid_.pixels_of(ring).size());
    }
    auto const source = [&](std::int64_t ring) {
      return std::span(parts).subspan(begin[static_cast<std::size_t>(ring - needed.first)],
                                      static_cast<std::size_t>(grid_.pixels_of(ring).size()));
    };
    std::vector<double> sums;
    for (std::int64_t ring = map.first_ring(); ring < map.last_ring(); ++ring) {
      sum(ring, source, sums);
      auto const areas = this->areas(ring);
      std::transform(sums.begin(), sums.end(), areas.begin(), map.ring(ring).begin(),
                     std::multiplies<>());
      mark_progress("sky: the beam");
    }
  });
}

}  // namespace setsz
