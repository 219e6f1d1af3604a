// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>
#include <string>

#include "pipeline/run/stage.hpp"
#include "stages/halos/canvas.hpp"
#include "stages/halos/layer.hpp"

namespace setsz {

/// What messages and the progress say.
struct PaintingText {
  std::string label;  ///< "paint"
  std::string unit;   ///< "haloes", in which layers count their work
};

/// Collective: puts the layers onto their canvases, one after the other. What is not yet done when
/// the run is asked to stop is done when it is resumed, on any number of ranks: the journal keeps
/// every piece of the canvases and what the layers have counted.
/// \param canvases  all that the layers paint on
void paint_layers(Context& context, PaintingText const& text, std::span<Canvas* const> canvases,
                  std::span<Layer* const> layers);

/// Collective: the tallies of all ranks together.
Tally over_ranks(Comm const& comm, Tally tally);
/// Collective: the kept images of all ranks, by row.
std::vector<ImageSum> all_images(Comm const& comm, Layer const& layer);

}  // namespace setsz
