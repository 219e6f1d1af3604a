// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/app/selection.hpp"

#include <algorithm>
#include <map>

#include "pipeline/base/error.hpp"

namespace setsz {

namespace {

using Stages = StageList;
using Notes = std::vector<StageNote>;
using Words = std::vector<std::string>;

bool contains(Words const& words, std::string const& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// Where a stage stands in the order of all. Throws if there is none of this name.
std::ptrdiff_t position(Notes const& notes, std::string const& name, ExitCode code,
                        std::string_view where) {
  auto const found = std::find_if(notes.begin(), notes.end(),
                                  [&](StageNote const& note) { return note.name == name; });
  if (found != notes.end()) return found - notes.begin();
  Words names;
  for (auto const& note : notes) names.push_back(note.name);
  fail(code, where, ": unknown stage '", name, "'; the nearest one is '", nearest(name, names),
       "'");
}

/// The stages between --from and --until.
struct StageRange {
  std::ptrdiff_t first, last;
  StageRange(Notes const& notes, CommandLine const& line) : first(0), last(std::ssize(notes) - 1) {
    if (!line.from.empty()) first = position(notes, line.from, ExitCode::usage, "--from");
    if (!line.until.empty()) last = position(notes, line.until, ExitCode::usage, "--until");
    require(first <= last, ExitCode::usage, "--until ", line.until, " comes before --from ",
            line.from, ", so that no stage is left; exchange them");
  }
  bool contains(std::ptrdiff_t place) const { return place >= first && place <= last; }
};

/// The stages that the command line or the configuration lists, within the range.
Words listed_stages(Notes const& notes, StageRange const& range, Words const& configured,
                    CommandLine const& line) {
  bool const by_command = !line.stages.empty();
  Words listed;
  for (auto const& name : by_command ? line.stages : configured) {
    auto const place = by_command ? position(notes, name, ExitCode::usage, "--stage")
                                  : position(notes, name, ExitCode::config, "[run] stages");
    if (range.contains(place)) listed.push_back(name);
  }
  return listed;
}

Words default_stages(Notes const& notes) {
  Words names;
  for (auto const& note : notes) {
    if (note.by_default) names.push_back(note.name);
  }
  return names;
}

/// A stage that is listed but has no instance would be skipped in silence.
void require_instances(Stages const& all, Notes const& notes, Words const& listed,
                       std::string_view where) {
  std::map<std::string, Words> missing;  // the section that is missing -> the stages
  for (auto const& note : notes) {
    bool const present = std::any_of(all.begin(), all.end(), [&](auto const& stage) {
      return stage->record().stage == note.name;
    });
    if (contains(listed, note.name) && !present) {
      missing[note.needs].push_back(note.name);
    }
  }
  if (missing.empty()) return;
  Words texts;
  for (auto const& [section, stages] : missing) {
    texts.push_back(concat(join(stages, ", "), " (requires ", section, ")"));
  }
  fail(ExitCode::config, where, " lists ", join(texts, ", "),
       ", but the configuration has no such section; add it or remove the stage from the list");
}

Words instances_of(Stages const& all, Notes const& notes, StageRange const& range,
                   Words const& stage_names) {
  Words ids;
  for (auto const& stage : all) {
    auto const place = position(notes, stage->record().stage, ExitCode::internal, "registry");
    if (range.contains(place) && contains(stage_names, stage->record().stage))
      ids.push_back(stage->id());
  }
  return ids;
}

bool is_below(std::string const& id, std::string const& prefix) {
  return (id + "/").starts_with(prefix + "/");
}

/// --exactly: in the order of the stages.
Words instances_named(Stages const& all, Words const& wanted) {
  Words ids, chosen;
  for (auto const& stage : all) ids.push_back(stage->id());
  for (auto const& id : wanted)
    require(contains(ids, id), ExitCode::usage, "--exactly: no instance '", id,
            "' in this configuration; the nearest one is '", nearest(id, ids),
            "' (see `setsz status`)");
  for (auto const& id : ids)
    if (contains(wanted, id)) chosen.push_back(id);
  return chosen;
}

/// Each prefix of --only must name at least one instance.
void require_matches(Stages const& all, Words const& prefixes) {
  Words ids;
  for (auto const& stage : all) ids.push_back(stage->id());
  for (auto const& prefix : prefixes) {
    bool const used =
        std::any_of(ids.begin(), ids.end(), [&](auto const& id) { return is_below(id, prefix); });
    require(used, ExitCode::usage, "--only: no instance '", prefix,
            "' in this configuration; the nearest one is '", nearest(prefix, ids),
            "' (see `setsz status`)");
  }
}

Words instances_below(Stages const& all, Notes const& notes, StageRange const& range,
                      Words const& prefixes) {
  Words ids;
  for (auto const& stage : all) {
    auto const place = position(notes, stage->record().stage, ExitCode::internal, "registry");
    bool const wanted = std::any_of(prefixes.begin(), prefixes.end(), [&](auto const& prefix) {
      return is_below(stage->id(), prefix);
    });
    if (wanted && range.contains(place)) ids.push_back(stage->id());
  }
  return ids;
}

void require_any(Words const& chosen, Stages const& all) {
  Words ids;
  for (auto const& stage : all) ids.push_back(stage->id());
  require(!chosen.empty(), ExitCode::usage,
          "this configuration has no instance of the stages asked for (",
          ids.empty() ? "it has no [snapshot.NAME]" : "it has " + join(ids, ", "), ")");
}

}  // namespace

std::vector<std::string> select_instances(Stages const& all, Notes const& notes,
                                          Words const& configured, CommandLine const& line) {
  StageRange const range(notes, line);
  Words chosen;
  if (!line.exactly.empty()) {
    chosen = instances_named(all, line.exactly);
  } else if (!line.only.empty()) {
    require_matches(all, line.only);
    chosen = instances_below(all, notes, range, line.only);
  } else if (line.stages.empty() && configured.empty()) {
    chosen = instances_of(all, notes, range, default_stages(notes));
  } else {
    auto const listed = listed_stages(notes, range, configured, line);
    require_instances(all, notes, listed, line.stages.empty() ? "[run] stages" : "--stage");
    chosen = instances_of(all, notes, range, listed);
  }
  require_any(chosen, all);
  return chosen;
}

}  // namespace setsz
