// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace setsz::fuzz {

/// What is read of foreign bytes: `read` returns or throws an Error that blames the input.
/// Anything else (another exception, Error(internal), a crash) is a bug.
struct Target {
  std::string_view name;             ///< of its folder in corpus/
  std::string_view title;            ///< what it reads
  void (*read)(std::string const&);  ///< \param bytes  of a whole file
};
std::span<Target const> targets();

/// Runs a target. \return  were the bytes accepted? Error(internal) leaves as std::logic_error
bool accepts(Target const& target, std::string const& bytes);

}  // namespace setsz::fuzz
