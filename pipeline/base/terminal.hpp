// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace setsz {

/// Does somebody see standard output on a terminal, so that a line may be rewritten in place?
///
/// mpirun connects its ranks to a pseudo-terminal even if its own output is a file. The answer is
/// therefore `yes` only if a terminal is certain; SETSZ_PROGRESS=live or =lines overrides it.
bool shows_live_progress();

/// Did mpirun or srun (PMIx, PMI-2) start this process? Open MPI 4.1 starts one without them, too.
bool started_by_launcher();

/// Columns that every text of the program fits into, except for words that are longer.
constexpr std::size_t terminal_columns = 80;
/// A text broken into lines at its blanks, each with `indent` blanks before it.
std::string wrapped(std::string_view text, std::size_t indent,
                    std::size_t columns = terminal_columns);

/// A text for terminals: control characters and what is no UTF-8 become '.'.
std::string printable_text(std::string_view text);
/// The same for a message of several lines.
std::string printable_lines(std::string_view text);

}  // namespace setsz
