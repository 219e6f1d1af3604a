// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/halo_layer_work.hpp"

#include <algorithm>
#include <optional>

#include "pipeline/base/log.hpp"

namespace setsz {

HaloLayer::HaloLayer(Comm const& comm, std::string stage, HaloSource const& source, Canvas& canvas,
                     Limits const& limits, Keep keep)
    : Layer(limits.quantum),
      comm_(comm),
      stage_(std::move(stage)),
      source_(source),
      canvas_(canvas),
      images_per_turn_(std::clamp<std::int64_t>(
          static_cast<std::int64_t>(limits.memory_bytes / (3 * sizeof(HaloImage))), 1,
          source.images_per_turn())),
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
  tally_.add_left_out(source_.find_images(places, found));
  for (auto const& image : found)
    canvas_.for_each_rank(canvas_.touched(image.seen, image.halo.reach),
                          [&](int rank) { outgoing[rank].push_back(image); });
}

void HaloLayer::paint(std::vector<HaloImage> const& images) {
  Range const mine = canvas_.pieces_of(comm_.rank());
  constexpr std::int64_t images_per_mark = 64;
  std::optional<HaloGas> gas;
  std::int64_t row = -1, n = 0;
  for (auto const& image : images) {
    if (!gas || image.halo.row != row) gas.emplace(source_.gas_of(image.halo));
    row = image.halo.row;
    std::optional<HaloGas> turned;
    if (image.turn != CubeSymmetry{}) turned.emplace(gas->turned(image.turn));
    HaloGas const& there = turned ? *turned : *gas;
    Painted const result = canvas_.paint(there, image);
    if (++n % images_per_mark == 0) mark_progress(stage_);
    if (mine.contains(canvas_.home(image.seen))) count(image, there.claims(), result);
  }
}

void HaloLayer::count(HaloImage const& image, Claims const& claims, Painted const& result) {
  tally_.add(image, result);
  if (keep_ == Keep::every_image)
    images_.push_back({image.halo.row, result.painted, result.removed});
  if (!image.at_face) return;
  auto const& neighbours = claims.neighbours();
  tally_.add_at_face(std::ranges::count_if(neighbours, [&](Neighbour const& neighbour) {
    return !source_.is_together(image, neighbour.offset);
  }));
}

}  // namespace setsz
