// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/run/journal.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "pipeline/base/hash.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/run/fingerprint.hpp"

namespace setsz {

namespace {

using nlohmann::json;

constexpr int format_version = 1;
constexpr char const* mark_name = "commit.json";
constexpr std::size_t most_commits = 3;

/// The mark of the last commit, of the one before it, ...
std::string mark_path(std::string const& directory, std::size_t age) {
  return directory + "/" + (age == 0 ? std::string(mark_name) : concat("commit.", age, ".json"));
}

/// The commit mark of that age; empty if there is none.
std::string mark_at(std::string const& directory, std::size_t age) {
  std::string const path = mark_path(directory, age);
  return std::filesystem::exists(path) ? durable::read_text(path) : "";
}

/// What stands before the bytes of every record.
struct RecordHead {
  char magic[8] = {'s', 'e', 't', 's', 'z', 'r', 'e', 'c'};
  std::int64_t unit = 0;
  std::int64_t bytes = 0;
  char hash[32] = {};
};

Hash begin_hash(RecordHead const& head) {
  Hash hash;
  hash.add(head.unit).add(head.bytes);
  return hash;
}

[[noreturn]] void damaged(std::string const& path, std::string_view what) {
  fail(ExitCode::bad_data, "the journal is damaged: ", what, " in '", path,
       "'; run with --force to discard it");
}

/// The mark without its own hash, as it is hashed.
std::string mark_hash(json mark) {
  mark.erase("hash");
  return Hash().add(mark.dump()).hex();
}

}  // namespace

Journal::Journal(Comm const& comm, std::string directory,
                 std::vector<std::pair<std::string, std::string>> fingerprint_lines)
    : comm_(comm), directory_(std::move(directory)), lines_(std::move(fingerprint_lines)) {
  open();
}

Journal::~Journal() = default;

std::string Journal::commit_mark(std::string const& directory) { return mark_at(directory, 0); }

std::string Journal::progress(std::string const& directory) {
  json mark;
  try {
    mark = json::parse(commit_mark(directory), nullptr, false);
  } catch (Error const&) {
    return "";  // the job has just ended, and removed it
  }
  auto const progress = mark.is_object() ? mark.find("progress") : mark.end();
  return progress != mark.end() && progress->is_string() ? progress->get<std::string>() : "";
}

std::string Journal::refusal(std::string const& directory,
                             std::vector<std::pair<std::string, std::string>> const& lines) {
  std::string first;
  for (std::size_t age = 0; age < most_commits; ++age) {
    std::string const path = mark_path(directory, age);
    if (!std::filesystem::exists(path)) continue;
    try {
      parse(path, durable::read_text(path), lines);
      return "";
    } catch (Error const& error) {
      if (first.empty()) first = error.what();
    }
  }
  return first;
}

/// Throws Error(bad_data) if the mark is damaged, Error(config) if it does not fit.
Journal::Mark Journal::parse(std::string const& path, std::string const& text,
                             std::vector<std::pair<std::string, std::string>> const& lines) {
  try {
    json const mark = json::parse(text);
    if (mark.at("hash") != mark_hash(mark)) damaged(path, "wrong hash");
    require(mark.at("format") == format_version, ExitCode::config, "the journal '", path,
            "' has format ", mark.at("format").dump(), ", this program writes ", format_version,
            "; run with --force to discard it");
    auto const differences = Fingerprint::differences(mark.at("fingerprint"), lines);
    require(differences.empty(), ExitCode::config, "unfinished work in '", path,
            "' was made with other options or inputs (", join(differences, "; "),
            "); restore them, or run with --force to discard it");
    Mark read{text,
              mark.at("position").get<std::int64_t>(),
              mark.at("generation").get<std::int64_t>(),
              mark.at("session").get<std::int64_t>(),
              mark.at("commits").get<std::int64_t>(),
              {}};
    for (auto const& file : mark.at("files")) {
      std::string const name = file.at("name");
      auto const bytes = file.at("bytes").get<std::int64_t>();
      if (name.find('/') != std::string::npos || bytes < 0) damaged(path, "impossible file");
      read.files.push_back({name, bytes});
    }
    return read;
  } catch (json::exception const&) {
    damaged(path, "broken JSON");
  }
}

void Journal::open() {
  std::vector<std::string> texts(most_commits);
  on_root(comm_, "opening the journal", [&] {
    for (std::size_t age = 0; age < most_commits; ++age) texts[age] = mark_at(directory_, age);
  });
  std::optional<CollectiveError> failure;
  for (std::size_t age = 0; age < most_commits; ++age) {
    auto const text = comm_.broadcast(texts[age], 0);
    if (text.empty()) continue;
    try {
      Mark mark;
      collectively(comm_, "", [&] { mark = parse(mark_path(directory_, age), text, lines_); });
      if (marks_.empty()) verify(mark);
      marks_.push_back(std::move(mark));
    } catch (CollectiveError const& error) {
      if (marks_.empty() && error.code() != ExitCode::bad_data) throw;
      if (!failure) failure = error;
    }
  }
  if (marks_.empty() && failure) throw *failure;
  if (!marks_.empty()) {
    auto const& last = marks_.front();
    if (failure && last.text != comm_.broadcast(texts[0], 0))
      Log::warn(failure->what(), " - goes on from the checkpoint before it");
    committed_ = last.position;
    generation_ = last.generation;
    session_ = last.session + 1;
    commits_ = last.commits;
    committed_files_ = last.files;
  }
  kept_ = committed_files_;
  on_root(comm_, "opening the journal", [&] {
    if (failure && !marks_.empty()) write_marks();
    remove_what_no_mark_needs();
  });
}

/// On the disk the last mark comes last: each is replaced by a newer one, never missing.
void Journal::write_marks() const {
  for (std::size_t age = marks_.size(); age-- > 0;)
    durable::write_text(mark_path(directory_, age), marks_[age].text);
}

void Journal::remove_what_no_mark_needs() const {
  if (!std::filesystem::exists(directory_)) return;
  std::vector<std::string> needed;
  for (std::size_t age = 0; age < marks_.size(); ++age) {
    needed.push_back(std::filesystem::path(mark_path(directory_, age)).filename());
    for (auto const& file : marks_[age].files) needed.push_back(file.name);
  }
  for (auto const& entry : std::filesystem::directory_iterator(directory_)) {
    std::string const name = entry.path().filename();
    if (std::find(needed.begin(), needed.end(), name) == needed.end())
      durable::remove(entry.path());
  }
}

/// Reads the committed records of one file, one after the other.
class Journal::Reader {
 public:
  Reader(std::string path, std::int64_t bytes)
      : path_(std::move(path)), stream_(path_, std::ios::binary), left_(bytes) {
    if (!stream_) damaged(path_, "missing file");
  }

  bool at_end() const { return left_ == 0; }

  /// \pre !at_end(). Valid until the next call.
  Record next() {
    RecordHead head;
    read(&head, sizeof head);
    if (std::memcmp(head.magic, RecordHead{}.magic, sizeof head.magic) != 0) {
      damaged(path_, "a record is missing");
    }
    if (head.bytes < 0 || head.bytes > left_) damaged(path_, "wrong record length");
    bytes_.resize(head.bytes);
    read(bytes_.data(), head.bytes);
    Hash hash = begin_hash(head);
    hash.add_bytes(bytes_.data(), bytes_.size());
    if (hash.hex() != std::string_view(head.hash, sizeof head.hash)) {
      damaged(path_, concat("wrong hash of record ", head.unit));
    }
    mark_progress("reading the journal");
    return {head.unit, bytes_};
  }

 private:
  void read(void* into, std::int64_t count) {
    if (count < 0 || count > left_) damaged(path_, "wrong record length");
    stream_.read(static_cast<char*>(into), count);
    if (stream_.gcount() != count) damaged(path_, "truncated record");
    left_ -= count;
  }

  std::string path_;
  std::ifstream stream_;
  std::vector<std::byte> bytes_;
  std::int64_t left_;
};

/// Collective: each rank reads some of the files.
void Journal::verify(Mark const& mark) const {
  collectively(comm_, "reading the journal", [&] {
    for (std::size_t file = comm_.rank(); file < mark.files.size(); file += comm_.size()) {
      Reader reader(directory_ + "/" + mark.files[file].name, mark.files[file].bytes);
      while (!reader.at_end()) reader.next();
    }
  });
}

void Journal::for_each(std::function<void(Record const&)> const& visit) const {
  for_each(std::numeric_limits<std::int64_t>::max(), visit, [] {});
}

void Journal::for_each(std::int64_t batch_bytes, std::function<void(Record const&)> const& visit,
                       std::function<void()> const& flush) const {
  std::size_t file = comm_.rank();
  std::optional<Reader> reader;
  do {
    collectively(comm_, "reading the journal", [&] {
      for (std::int64_t bytes = 0; bytes < batch_bytes && file < committed_files_.size();) {
        auto const& [name, size] = committed_files_[file];
        if (!reader) reader.emplace(directory_ + "/" + name, size);
        if (!reader->at_end()) {
          auto const record = reader->next();
          bytes += std::ssize(record.bytes);
          visit(record);
        } else {
          reader.reset();
          file += comm_.size();
        }
      }
    });
    flush();
  } while (comm_.any(file < committed_files_.size()));
}

void Journal::deliver(std::function<int(std::int64_t)> const& owner,
                      std::function<void(Record const&)> const& visit) const {
  struct Head {
    std::int64_t unit, bytes;
  };
  std::vector<std::vector<std::byte>> outgoing(comm_.size());
  for_each([&](Record const& record) {
    auto& to = outgoing.at(owner(record.unit));
    Head const head{record.unit, std::ssize(record.bytes)};
    auto const bytes = std::as_bytes(std::span(&head, 1));
    to.insert(to.end(), bytes.begin(), bytes.end());
    to.insert(to.end(), record.bytes.begin(), record.bytes.end());
  });
  auto const received = comm_.exchange(outgoing);
  collectively(comm_, "reading the journal", [&] {
    for (std::size_t at = 0; at < received.size();) {
      Head head;
      std::memcpy(&head, received.data() + at, sizeof head);
      at += sizeof head;
      visit({head.unit, std::span(received).subspan(at, head.bytes)});
      at += head.bytes;
    }
  });
}

void Journal::append(std::int64_t unit, std::span<std::byte const> bytes) {
  append(unit, std::vector<std::span<std::byte const>>{bytes});
}

void Journal::append(std::int64_t unit, std::vector<std::span<std::byte const>> const& pieces) {
  if (failure_) return;
  try {
    if (!writer_) {
      durable::create_directories(directory_);
      writer_ = std::make_unique<durable::Writer>(
          concat(directory_, "/g", generation_, "_s", session_, "_r", comm_.rank(), ".records"));
    }
    RecordHead head;
    head.unit = unit;
    for (auto const& piece : pieces) head.bytes += std::ssize(piece);
    Hash hash = begin_hash(head);
    for (auto const& piece : pieces) hash.add_bytes(piece.data(), piece.size());
    std::memcpy(head.hash, hash.hex().data(), sizeof head.hash);
    writer_->write(&head, sizeof head);
    for (auto const& piece : pieces) writer_->write(piece.data(), piece.size());
  } catch (Error const& error) {
    failure_ = error;
  }
}

void Journal::commit(std::int64_t position) {
  collectively(comm_, "writing the journal", [&] {
    if (failure_) throw *failure_;
    if (writer_) writer_->sync();
  });
  mark_progress("writing the journal");
  std::vector<File> files = kept_;
  auto const sizes = comm_.all_gather(writer_ ? writer_->size() : std::int64_t{0});
  for (std::size_t rank = 0; rank < sizes.size(); ++rank) {
    if (sizes[rank] == 0) continue;
    files.push_back(
        {concat("g", generation_, "_s", session_, "_r", rank, ".records"), sizes[rank]});
  }
  ++commits_;
  on_root(comm_, "writing the journal", [&] {
    durable::create_directories(directory_);
    marks_.insert(marks_.begin(),
                  {mark_text(position, files), position, generation_, session_, commits_, files});
    marks_.resize(std::min(marks_.size(), n_kept_commits_));
    write_marks();
    remove_what_no_mark_needs();
  });
  committed_ = position;
  committed_files_ = std::move(files);
}

std::string Journal::mark_text(std::int64_t position, std::vector<File> const& files) const {
  json list = json::array();
  for (auto const& file : files) list.push_back({{"name", file.name}, {"bytes", file.bytes}});
  json mark{{"format", format_version},  {"fingerprint", lines_},
            {"position", position},      {"progress", progress_},
            {"generation", generation_}, {"session", session_},
            {"commits", commits_},       {"files", list}};
  mark["hash"] = mark_hash(mark);
  return mark.dump(1) + "\n";
}

void Journal::restart() {
  writer_.reset();
  kept_.clear();
  ++generation_;
}

void Journal::discard() {
  writer_.reset();
  kept_.clear();
  committed_files_.clear();
  committed_.reset();
  marks_.clear();
  collectively(comm_, "removing the journal", [&] {
    if (!comm_.is_root() || !std::filesystem::exists(directory_)) return;
    for (std::size_t age = most_commits; age-- > 0;) durable::remove(mark_path(directory_, age));
    std::filesystem::remove_all(directory_);
  });
}

}  // namespace setsz
