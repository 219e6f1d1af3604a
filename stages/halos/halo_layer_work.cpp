// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/halo_layer_work.hpp"

#include <algorithm>
#include <optional>

#include "pipeline/base/log.hpp"

namespace setsz {

namespace {

std::vector<double> quanta_of(std::vector<HaloLayer::Sheet> const& sheets) {
  std::vector<double> quanta;
  quanta.reserve(sheets.size());
  for (auto const& sheet : sheets) quanta.push_back(sheet.quantum);
  return quanta;
}

}  // namespace

HaloLayer::HaloLayer(Comm const& comm, std::string stage, HaloSource const& source,
                     std::vector<Sheet> sheets, double memory_bytes, Keep keep)
    : Layer(quanta_of(sheets)),
      comm_(comm),
      stage_(std::move(stage)),
      source_(source),
      sheets_(std::move(sheets)),
      images_per_turn_(images_of_a_rank(memory_bytes, source.images_per_turn())),
      keep_(keep) {}

std::int64_t HaloLayer::paint(std::int64_t first) {
  std::int64_t const last = std::min(first + images_per_turn_ * comm_.size(), size());
  Range const share = even_range(last - first, comm_.rank(), comm_.size());
  std::vector<std::vector<HaloImage>> outgoing(comm_.size());
  collectively(comm_, concat(stage_, ": reading ", name_of(kind())), [&] {
    deal({first + share.first, first + share.last}, outgoing);
  });
  auto const images = comm_.exchange(outgoing);
  collectively(comm_, concat(stage_, ": ", name_of(kind())), [&] { paint(images); });
  return last;
}

void HaloLayer::deal(Range places, std::vector<std::vector<HaloImage>>& outgoing) {
  std::vector<HaloImage> found;
  std::int64_t const n_left_out = source_.find_images(places, found);
  for (auto& tally : tallies_) tally.add_left_out(n_left_out);
  Canvas const& canvas = sheets_.front().canvas;
  for (auto const& image : found)
    canvas.for_each_rank(canvas.touched(image.seen, image.halo.reach),
                         [&](int rank) { outgoing[rank].push_back(image); });
}

void HaloLayer::paint(std::vector<HaloImage> const& images) {
  constexpr std::int64_t images_per_mark = 64;
  std::vector<std::optional<HaloGas>> gas(sheets_.size());
  std::int64_t row = -1, sample = 0, n = 0;
  for (auto const& image : images) {
    for (std::size_t sheet = 0; sheet < sheets_.size(); ++sheet) {
      auto& own = gas[sheet];
      if (!own || image.halo.row != row || image.halo.sample != sample)
        own.emplace(source_.gas_of(image.halo, sheets_[sheet].field));
      if (image.turn != CubeSymmetry{})
        paint(sheet, own->turned(image.turn), image);
      else
        paint(sheet, *own, image);
    }
    row = image.halo.row;
    sample = image.halo.sample;
    if (++n % images_per_mark == 0) mark_progress(stage_);
  }
}

void HaloLayer::paint(std::size_t sheet, HaloGas const& gas, HaloImage const& image) {
  auto const& [field, canvas, quantum] = sheets_[sheet];
  Painted const result = canvas.paint(gas, image, source_.weight_of(image, field));
  if (!canvas.pieces_of(comm_.rank()).contains(canvas.home(image.seen))) return;
  auto& tally = tallies_[sheet];
  tally.add(image, result);
  if (keep_ == Keep::every_image && sheet == 0)
    images_.push_back({image.halo.row, result.painted, result.removed});
  if (image.at_face) count_at_face(image, gas.claims(), tally);
}

void HaloLayer::count_at_face(HaloImage const& image, Claims const& claims, Tally& tally) const {
  auto const& neighbours = claims.neighbours();
  tally.add_at_face(std::ranges::count_if(neighbours, [&](Neighbour const& neighbour) {
    return !source_.is_together(image, neighbour.offset);
  }));
}

}  // namespace setsz
