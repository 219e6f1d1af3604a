// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "pipeline/base/text.hpp"

namespace setsz {

/// Exit codes of the program (sysexits.h where one fits); the same from every rank.
enum class ExitCode : int {
  ok = 0,
  usage = 64,
  bad_data = 65,
  missing_input = 66,
  internal = 70,
  out_of_memory = 71,
  cannot_create = 73,
  io = 74,
  stopped = 75,  ///< stopped at a checkpoint: run again
  config = 78,
  diverged = 79,
};

/// A failure that the user can do something about: what is wrong, where, and the remedy.
///
/// The text reads "problem (why) hint", with the value and the path. An Error is local to a rank
/// until `collectively` has made all ranks agree on it.
class Error : public std::runtime_error {
 public:
  Error(ExitCode code, std::string const& text) : std::runtime_error(text), code_(code) {}
  ExitCode code() const noexcept { return code_; }

 private:
  ExitCode code_;
};

/// An Error on which all ranks agree: everybody can finalize, one rank prints.
class CollectiveError : public Error {
 public:
  using Error::Error;
};

template <class... Parts>
[[noreturn]] void fail(ExitCode code, Parts const&... parts) {
  throw Error(code, concat(parts...));
}

/// Always on, for input, files and options. `assert` is for our own mistakes only.
template <class... Parts>
void require(bool condition, ExitCode code, Parts const&... parts) {
  if (!condition) fail(code, parts...);
}

}  // namespace setsz
