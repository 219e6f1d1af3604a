// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/base/comm.hpp"
#include "pipeline/base/file.hpp"

namespace setsz {

/// What a long stage has finished so far, on disk: append-only record files in the product's
/// folder, one per rank, each record with its own hash. Any number of ranks can read what any other
/// number has written. A journal belongs to a fingerprint: one that does not fit is refused (78).
/// The commit before the last one is kept as well: it is used, with a warning, if the last one
/// turns out to be damaged.
///
/// Two ways to use it:
///  - units that are done once and for all (a predicted cluster): `append` each, `commit` now and
///    then; on resume `for_each` gives every committed record back.
///  - a state that grows (partial sums after slice k): `restart`, `append` the whole state,
///    `commit(k)`; the previous generation stays valid until that commit.
class Journal {
 public:
  struct Record {
    std::int64_t unit;                 ///< what the stage calls it: a cluster, a slice, ...
    std::span<std::byte const> bytes;  ///< valid during the callback
  };

  /// Collective. Opens what `directory` holds or begins anew; throws Error(config) with the list of
  /// differences if it belongs to other options or inputs, Error(bad_data) if all its commits are
  /// damaged: every committed record is read once and compared with its hash.
  Journal(Comm const& comm, std::string directory,
          std::vector<std::pair<std::string, std::string>> fingerprint_lines);
  ~Journal();
  Journal(Journal const&) = delete;
  Journal& operator=(Journal const&) = delete;

  /// The position of the last commit; nothing if there is none.
  std::optional<std::int64_t> committed() const { return committed_; }

  /// Collective. Every committed record is given to exactly one rank (the records of one file stay
  /// together and in order); a record whose hash is wrong is an Error(bad_data). `visit` is local.
  void for_each(std::function<void(Record const&)> const& visit) const;
  /// The same for records that do not fit into memory together: whenever a rank has visited
  /// `batch_bytes` > 0 of them, or has none left, it waits, and all ranks call `flush`.
  /// \param flush  collective
  void for_each(std::int64_t batch_bytes, std::function<void(Record const&)> const& visit,
                std::function<void()> const& flush) const;

  /// Collective: every committed record goes to the rank that owns its unit now, which may be
  /// another one than wrote it: the rows of a distributed array find their place on any number of
  /// ranks. `visit` is local.
  /// \param owner  the rank that owns a unit; a function of the unit alone
  void deliver(std::function<int(std::int64_t unit)> const& owner,
               std::function<void(Record const&)> const& visit) const;

  /// Local. Written behind a buffer; not safe before the next commit, which also tells of errors.
  void append(std::int64_t unit, std::span<std::byte const> bytes);
  /// The same for a record that is given in pieces.
  void append(std::int64_t unit, std::vector<std::span<std::byte const>> const& pieces);

  /// What a person should know of the next commits: "epoch 4 of 40".
  void describe(std::string progress) { progress_ = std::move(progress); }

  /// Collective: all records reach the disk (fsync), then the commit mark is published.
  void commit(std::int64_t position);

  /// Collective: the records appended from now on replace all earlier ones at the next commit.
  void restart();

  /// Collective: removes the journal; the product is complete or to be made anew.
  void discard();

  /// How many commits are kept, the last one included (2).
  void keep_commits(std::size_t n) { n_kept_commits_ = n; }

  /// Local: why opening this journal would be refused with these fingerprint lines; empty if it
  /// would not. Reads no records.
  static std::string refusal(std::string const& directory,
                             std::vector<std::pair<std::string, std::string>> const& lines);

  /// Local: how the last commit was described; empty if there is none.
  static std::string progress(std::string const& directory);

  /// Local: what the commit mark in a journal's folder says; empty if there is none. It changes
  /// with every commit.
  static std::string commit_mark(std::string const& directory);

 private:
  class Reader;
  struct File {
    std::string name;
    std::int64_t bytes;  ///< committed; what lies behind is not part of the journal
    bool operator==(File const&) const = default;
  };
  /// A commit as its mark describes it.
  struct Mark {
    std::string text;
    std::int64_t position, generation, session, commits;
    std::vector<File> files;
  };
  void open();
  static Mark parse(std::string const& path, std::string const& text,
                    std::vector<std::pair<std::string, std::string>> const& lines);
  void verify(Mark const& mark) const;
  std::string mark_text(std::int64_t position, std::vector<File> const& files) const;
  void write_marks() const;
  void remove_what_no_mark_needs() const;

  Comm comm_;
  std::string directory_;
  std::vector<std::pair<std::string, std::string>> lines_;
  std::optional<std::int64_t> committed_;
  std::int64_t generation_ = 0;  ///< moves on with `restart`
  std::int64_t session_ = 0;     ///< moves on with every opening: committed files are never touched
  std::int64_t commits_ = 0;
  std::vector<File> kept_;             ///< files that the next commit keeps
  std::vector<File> committed_files_;  ///< files of the last commit
  std::vector<Mark> marks_;            ///< the commits on the disk, the last one first
  std::size_t n_kept_commits_ = 2;
  std::string progress_;
  std::unique_ptr<durable::Writer> writer_;  ///< this rank's file of this session and generation
  std::optional<Error> failure_;             ///< of an append, reported by the next commit
};

}  // namespace setsz
