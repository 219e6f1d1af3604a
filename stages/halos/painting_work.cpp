// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/painting_work.hpp"

#include <algorithm>

#include "pipeline/run/work_loop.hpp"

namespace setsz {
namespace {

/// Units of the journal: the pieces of canvas c from c x 2^40 on, layer i as -1 - i.
constexpr std::int64_t pieces_per_canvas = std::int64_t{1} << 40;

class Painting {
 public:
  Painting(Context& context, std::string label, std::span<Canvas* const> canvases,
           std::span<Layer* const> layers)
      : context_(context), label_(std::move(label)), canvases_(canvases), layers_(layers) {}

  std::int64_t size() const {
    std::int64_t size = 0;
    for (auto const* layer : layers_) size += layer->size();
    return size;
  }
  std::int64_t step(std::int64_t done);
  void save(std::int64_t done) const;
  void restore();

 private:
  int owner_of(std::int64_t unit) const {
    return unit < 0 ? 0 : canvases_[unit / pieces_per_canvas]->rank_of(unit % pieces_per_canvas);
  }
  void take(Journal::Record const& record);
  void check_pieces(std::int64_t n_found) const;

  Context& context_;
  std::string label_;
  std::span<Canvas* const> canvases_;
  std::span<Layer* const> layers_;
};

std::int64_t Painting::step(std::int64_t done) {
  std::int64_t before = 0;
  for (auto* layer : layers_) {
    if (done < before + layer->size()) return before + layer->paint(done - before);
    before += layer->size();
  }
  return done;
}

void Painting::save(std::int64_t done) const {
  auto& journal = context_.journal();
  journal.restart();
  for (std::size_t c = 0; c < canvases_.size(); ++c) {
    Range const mine = canvases_[c]->pieces_of(context_.comm().rank());
    for (std::int64_t piece = mine.first; piece < mine.last; ++piece)
      journal.append(static_cast<std::int64_t>(c) * pieces_per_canvas + piece,
                     std::as_bytes(canvases_[c]->piece(piece)));
  }
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    std::vector<Tally::State> counted;
    for (auto const& tally : layers_[i]->tallies()) counted.push_back(tally.state());
    journal.append(
        -1 - static_cast<std::int64_t>(i),
        {std::as_bytes(std::span(counted)), std::as_bytes(std::span(layers_[i]->images()))});
  }
  journal.commit(done);
}

void Painting::restore() {
  std::int64_t n_found = 0;
  context_.journal().deliver([&](std::int64_t unit) { return owner_of(unit); },
                             [&](Journal::Record const& record) {
                               take(record);
                               n_found += record.unit >= 0 ? 1 : 0;
                             });
  check_pieces(n_found);
}

void Painting::take(Journal::Record const& record) {
  auto const bytes = record.bytes;
  if (record.unit >= 0) {
    auto const piece =
        canvases_[record.unit / pieces_per_canvas]->piece(record.unit % pieces_per_canvas);
    require(bytes.size() == piece.size_bytes(), ExitCode::bad_data, "the journal of ", label_,
            " holds ", bytes.size(), " bytes for a piece of ", piece.size_bytes(),
            " bytes; --force discards it");
    std::ranges::copy(bytes, std::as_writable_bytes(piece).begin());
    return;
  }
  auto& layer = *layers_[-1 - record.unit];
  std::vector<Tally::State> counted(layer.tallies().size());
  std::size_t const size = counted.size() * sizeof(Tally::State);
  std::vector<ImageSum> images((bytes.size() - size) / sizeof(ImageSum));
  // Not memcpy, whose pointers must not be null: a layer may count nothing and have no images.
  std::ranges::copy(bytes.first(size), std::as_writable_bytes(std::span(counted)).begin());
  std::ranges::copy(bytes.subspan(size), std::as_writable_bytes(std::span(images)).begin());
  layer.restore(counted, images);
}

void Painting::check_pieces(std::int64_t n_found) const {
  std::int64_t wanted = 0;
  for (auto const* canvas : canvases_) wanted += canvas->n_pieces();
  std::int64_t const all = context_.comm().all_sum(n_found);
  if (all != wanted)
    throw CollectiveError(ExitCode::bad_data,
                          concat("the journal of ", label_, " holds ", all, " of ", wanted,
                                 " pieces of its maps; --force discards it"));
}

}  // namespace

void paint_layers(Context& context, PaintingText const& text, std::span<Canvas* const> canvases,
                  std::span<Layer* const> layers) {
  Painting painting(context, text.label, canvases, layers);
  work_through(context, {.label = text.label,
                         .unit = text.unit,
                         .end = painting.size(),
                         .restore = [&] { painting.restore(); },
                         .step = [&](std::int64_t done) { return painting.step(done); },
                         .save = [&](std::int64_t done) { painting.save(done); }});
}

Tally over_ranks(Comm const& comm, Tally tally) {
  auto const mine = tally.state();
  auto const states = comm.all_gather(mine);
  for (std::size_t rank = 0; rank < states.size(); ++rank)
    if (static_cast<int>(rank) != comm.rank()) tally.add(states[rank]);
  return tally;
}

std::vector<ImageSum> all_images(Comm const& comm, Layer const& layer) {
  auto all = comm.all_gather_v(layer.images());
  std::sort(all.begin(), all.end(),
            [](ImageSum const& a, ImageSum const& b) { return a.row < b.row; });
  return all;
}

}  // namespace setsz
