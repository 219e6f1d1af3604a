// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Internal to setsz::model, as all headers that show ATen.
#include <ATen/core/Tensor.h>

#include <functional>
#include <span>
#include <vector>

namespace setsz {

/// The way back through an evaluation: what differentiates its steps, noted on the way there. It
/// takes the place of the graph of libtorch, each of whose nodes costs microseconds however few
/// numbers it has.
using BackwardSteps = std::vector<std::function<void()>>;
/// Does the last first, as all of back-propagation.
void go_back(BackwardSteps const& steps);

/// From the slope of the loss by a result: adds to the sums of the slopes by its inputs, in their
/// order; the sum of an input that needs none is empty.
using SlopesByHand =
    std::function<void(std::span<float const> slope, std::span<std::span<float> const> sums)>;

/// Lets a function be differentiated by hand. Slopes are collected in the `grad` of tensors.
/// \param inputs  made by hand or by libtorch, which then differentiates its own part
/// \param result  of the function, contiguous, made outside of the graph of libtorch
/// \return `result`
at::Tensor by_hand(BackwardSteps& steps, std::vector<at::Tensor> inputs, at::Tensor const& result,
                   SlopesByHand slopes);

/// The same of a function that gives a number for each of n rows.
/// \param result  (n)
/// \param derivatives  (n, *), contiguous, of the result by the numbers of each input: of the same
/// row if the input has n of them, else of the one row that all share
at::Tensor rows_by_hand(BackwardSteps& steps, std::vector<at::Tensor> inputs,
                        at::Tensor const& result, std::vector<at::Tensor> derivatives);

/// A tensor whose slope is collected before libtorch differentiates what lies behind it; itself
/// where libtorch has no part in it.
at::Tensor behind_libtorch(BackwardSteps& steps, at::Tensor const& result);

}  // namespace setsz
