// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/base/terminal.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>

#include "pipeline/base/text.hpp"

namespace setsz {

namespace {

std::string_view variable(char const* name) {
  char const* const value = std::getenv(name);
  return value ? value : "";
}

/// The parent of a process; 0 if it is not known.
pid_t parent_of(pid_t process) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  std::string line;
  while (std::getline(status, line)) {
    if (line.starts_with("PPid:")) return std::atoi(line.c_str() + 5);
  }
  return 0;
}

bool is_terminal(std::string const& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0 || !S_ISCHR(status.st_mode)) return false;
  int const file = open(path.c_str(), O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  bool const terminal = file >= 0 && isatty(file) != 0;
  if (file >= 0) close(file);
  return terminal;
}

/// Does the launcher itself write to a terminal? The launcher is the nearest ancestor whose
/// standard output is not ours: shells and `env` in between share our output.
bool launcher_has_terminal() {
  struct stat ours {};
  if (fstat(STDOUT_FILENO, &ours) != 0) return false;
  for (pid_t process = getppid(); process > 1; process = parent_of(process)) {
    std::string const output = "/proc/" + std::to_string(process) + "/fd/1";
    struct stat its {};
    if (stat(output.c_str(), &its) != 0) return false;
    if (its.st_dev != ours.st_dev || its.st_ino != ours.st_ino) return is_terminal(output);
  }
  return false;
}

/// A terminal that controls our session is one in which somebody works.
bool is_controlling_terminal() { return tcgetsid(STDOUT_FILENO) == getsid(0); }

bool find_live_progress() {
  auto const wish = variable("SETSZ_PROGRESS");
  if (wish == "live") return true;
  if (wish == "lines" || isatty(STDOUT_FILENO) == 0) return false;
  if (variable("TERM").empty() || variable("TERM") == "dumb") return false;
  return started_by_launcher() ? launcher_has_terminal() : is_controlling_terminal();
}

/// The length of the character that begins a text, if it is UTF-8 and may be printed; else 0.
std::size_t character_length(std::string_view text) {
  auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  unsigned const first = byte(0);
  if (first < 0x80) return first >= 0x20 && first != 0x7f ? 1 : 0;
  std::size_t const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xc0U) != 0x80) return 0;
  bool const control = first == 0xc2 && byte(1) < 0xa0;
  return control ? 0 : length;
}

}  // namespace

bool started_by_launcher() {
  return !variable("OMPI_COMM_WORLD_RANK").empty() || !variable("PMIX_RANK").empty() ||
         !variable("PMI_RANK").empty();
}

bool shows_live_progress() {
  static bool const live = find_live_progress();
  return live;
}

std::string wrapped(std::string_view text, std::size_t indent, std::size_t columns) {
  std::string lines;
  std::size_t width = 0;
  for (auto const& word : words(text)) {
    if (width > 0 && width + 1 + word.size() <= columns) {
      lines += " ";
      width += 1;
    } else {
      lines += (lines.empty() ? "" : "\n") + std::string(indent, ' ');
      width = indent;
    }
    lines += word;
    width += word.size();
  }
  return lines;
}

std::string printable_text(std::string_view text) {
  std::string shown;
  while (!text.empty()) {
    auto const length = character_length(text);
    shown += length > 0 ? std::string(text.substr(0, length)) : text[0] == '\t' ? " " : ".";
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return shown;
}

std::string printable_lines(std::string_view text) {
  auto const end = text.find('\n');
  auto line = printable_text(text.substr(0, end));
  if (end == std::string_view::npos) return line;
  return line + "\n" + printable_lines(text.substr(end + 1));
}

}  // namespace setsz
