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

std::string Journal::commit_mark(std::string const& directory) {
  std::string const path = directory + "/" + mark_name;
  return std::filesystem::exists(path) ? durable::read_text(path) : "";
}

void Journal::open() {
  std::string text;
  collectively(comm_, "opening the journal", [&] {
    if (comm_.is_root()) text = commit_mark(directory_);
  });
  text = comm_.broadcast(text, 0);
  std::string const path = directory_ + "/" + mark_name;
  collectively(comm_, "", [&] {
    if (text.empty()) return;
    json mark;
    try {
      mark = json::parse(text);
      if (mark.at("hash") != mark_hash(mark)) damaged(path, "wrong hash");
      require(mark.at("format") == format_version, ExitCode::config, "the journal '", directory_,
              "' has format ", mark.at("format").dump(), ", this program writes ", format_version,
              "; run with --force to discard it");
    } catch (json::exception const&) {
      damaged(path, "broken JSON");
    }
    auto const differences = Fingerprint::differences(mark.at("fingerprint"), lines_);
    require(differences.empty(), ExitCode::config, "unfinished work in '", directory_,
            "' was made with other options or inputs (", join(differences, "; "),
            "); restore them, or run with --force to discard it");
    committed_ = mark.at("position").get<std::int64_t>();
    generation_ = mark.at("generation").get<std::int64_t>();
    session_ = mark.at("session").get<std::int64_t>() + 1;
    commits_ = mark.at("commits").get<std::int64_t>();
    for (auto const& file : mark.at("files")) {
      committed_files_.push_back({file.at("name"), file.at("bytes").get<std::int64_t>()});
    }
  });
  kept_ = committed_files_;
  collectively(comm_, "opening the journal", [&] {
    if (comm_.is_root()) remove_all_but(committed_files_);
  });
}

void Journal::remove_all_but(std::vector<File> const& files) const {
  if (!std::filesystem::exists(directory_)) return;
  for (auto const& entry : std::filesystem::directory_iterator(directory_)) {
    std::string const name = entry.path().filename();
    bool const wanted =
        name == mark_name ||
        std::any_of(files.begin(), files.end(), [&](auto& file) { return file.name == name; });
    if (!wanted) durable::remove(entry.path());
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
    durable::write_text(directory_ + "/" + mark_name, mark_text(position, files));
    if (committed_files_ != files) remove_all_but(files);
  });
  committed_ = position;
  committed_files_ = std::move(files);
}

std::string Journal::mark_text(std::int64_t position, std::vector<File> const& files) const {
  json list = json::array();
  for (auto const& file : files) list.push_back({{"name", file.name}, {"bytes", file.bytes}});
  json mark{{"format", format_version},
            {"fingerprint", lines_},
            {"position", position},
            {"generation", generation_},
            {"session", session_},
            {"commits", commits_},
            {"files", list}};
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
  collectively(comm_, "removing the journal", [&] {
    if (!comm_.is_root() || !std::filesystem::exists(directory_)) return;
    durable::remove(directory_ + "/" + mark_name);
    std::filesystem::remove_all(directory_);
  });
}

}  // namespace setsz
