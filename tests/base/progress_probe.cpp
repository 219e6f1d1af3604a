// SPDX-License-Identifier: BSD-3-Clause
// Prints how this process would show its progress.
#include <cstdio>

#include "pipeline/base/terminal.hpp"

int main() { std::puts(setsz::shows_live_progress() ? "live" : "lines"); }
