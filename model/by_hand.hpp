// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Internal to setsz::model, as all headers that show ATen.
#include <ATen/core/Tensor.h>

#include <functional>
#include <vector>

namespace setsz {

/// From the slope of the loss by a result, contiguous, those by the inputs: in their order,
/// undefined where none is needed.
using SlopesByHand = std::function<std::vector<at::Tensor>(at::Tensor const& slope)>;

/// Puts a function that is differentiated by hand into the graph of libtorch: one step in the place
/// of many, each of which costs microseconds however few numbers it has.
/// \param result  of the function, made outside of the graph. `slopes` must not hold it
at::Tensor by_hand(std::vector<at::Tensor> const& inputs, at::Tensor const& result,
                   SlopesByHand slopes);

/// The same of a function that gives a number for each of n rows.
/// \param result  (n)
/// \param derivatives  (n, *), contiguous, of the result by the numbers of each input: of the same
/// row if the input has n of them, else of the one row that all share
at::Tensor rows_by_hand(std::vector<at::Tensor> const& inputs, at::Tensor const& result,
                        std::vector<at::Tensor> derivatives);

}  // namespace setsz
