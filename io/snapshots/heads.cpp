// SPDX-License-Identifier: BSD-3-Clause
#include "io/snapshots/heads.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <set>

#include "pipeline/base/log.hpp"

namespace setsz {

namespace {

/// The problems found in files, which travel between ranks as text: "65 text\n".
/// With a communicator all ranks know all problems, and all stop.
class Problems {
 public:
  explicit Problems(Comm const* comm) : comm_(comm) {}
  void add(ExitCode code, std::string const& text) {
    lines_ += concat(static_cast<int>(code), " ", text, "\n");
  }
  void share() {
    if (!comm_) return;
    auto const all = comm_->all_gather_v(std::span<char const>(lines_));
    lines_.assign(all.begin(), all.end());
  }
  /// At most 20 of them; the exit code of the first one.
  void stop_if_any() const {
    if (lines_.empty()) return;
    auto lines = split(lines_, '\n');
    lines.pop_back();
    std::vector<std::string> texts;
    for (auto const& line : lines) texts.push_back(line.substr(line.find(' ') + 1));
    if (texts.size() > 20) {
      auto const more = texts.size() - 20;
      texts.resize(20);
      texts.push_back(concat("... and ", more, " more"));
    }
    auto const code = static_cast<ExitCode>(std::stoi(lines[0]));
    auto const text = join(texts, "\n  ");
    if (comm_) throw CollectiveError(code, text);
    throw Error(code, text);
  }

 private:
  Comm const* comm_;
  std::string lines_;
};

/// Rank 0 asks the first file.
SnapshotFormat agree_on_format(Comm const* comm, FileProbe const& first, SnapshotFormats formats) {
  std::int64_t index = 0;
  auto const find = [&] {
    if (comm && !comm->is_root()) return;
    index = &format_of(first, formats, "snapshot") - formats.data();
  };
  if (!comm) {
    find();
    return formats[index];
  }
  collectively(*comm, "", find);
  return formats[comm->broadcast(index, 0)];
}

/// What tells the file from a copy of it. Ids of dark matter are compared when they are read.
void note_identity(SnapshotFormat const& format, std::string const& path, ParticleKind kind,
                   SnapshotFileHead& head) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0) head.inode = {status.st_dev, status.st_ino};
  auto const n = head.n_this_file[type_of(kind)];
  if (n == 0 || kind == ParticleKind::dark_matter) return;
  auto const file = format.open(path, head.header, kind);
  std::span const ends(head.ends);
  file->read(ParticleField::position, {0, 1}, ends.first(3));
  file->read(ParticleField::position, {n - 1, n}, ends.last(3));
}

/// Once a process: snapshots are opened by several stages.
void say_ionised(std::vector<std::string> const& files,
                 std::vector<SnapshotFileHead> const& heads) {
  static std::set<std::string> said;
  bool const known = std::all_of(heads.begin(), heads.end(), [](auto const& head) {
    return head.has_electron_abundance || head.n_this_file[type_of(ParticleKind::gas)] == 0;
  });
  if (known || !said.insert(files.front()).second) return;
  Log::warn("the gas of '", files.front(),
            "' has no ElectronAbundance; it counts as fully ionised (1.158 electrons per hydrogen "
            "atom)");
}

}  // namespace

SnapshotHeads read_heads(Comm const* comm, std::vector<std::string> const& files, ParticleKind kind,
                         SnapshotFormats formats) {
  struct Numbered {
    std::int64_t index;
    SnapshotFileHead head;
  };
  std::optional<FileProbe> probe(files[0]);  // rank 0 opens it once, for its format and its head
  auto const format = agree_on_format(comm, *probe, formats);
  std::vector<Numbered> mine;
  Problems problems(comm);
  int const size = comm ? comm->size() : 1;
  for (std::int64_t i = comm ? comm->rank() : 0; i < std::ssize(files); i += size) {
    try {
      if (i > 0) probe.emplace(files[i]);
      mine.push_back({i, format.describe(*probe, kind)});
      if (files.size() > 1) note_identity(format, files[i], kind, mine.back().head);
    } catch (Error const& error) {
      problems.add(error.code(), error.what());
    } catch (std::exception const& error) {  // the other ranks wait: all must stop together
      problems.add(ExitCode::internal, concat("'", files[i], "': ", error.what()));
    }
  }
  probe.reset();
  problems.share();
  problems.stop_if_any();
  auto const all = comm ? comm->all_gather_v(mine) : mine;
  SnapshotHeads heads{format, std::vector<SnapshotFileHead>(files.size())};
  for (auto const& [index, head] : all) heads.files[index] = head;

  for (auto const& text : disagreements(files, heads.files, kind)) {
    problems.add(ExitCode::bad_data, text);
  }
  problems.stop_if_any();
  if (kind == ParticleKind::gas) say_ionised(files, heads.files);
  return heads;
}

}  // namespace setsz
