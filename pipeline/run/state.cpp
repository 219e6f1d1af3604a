// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/run/state.hpp"

#include <algorithm>
#include <filesystem>

#include "pipeline/base/error.hpp"
#include "pipeline/run/journal.hpp"

namespace setsz {

namespace {

/// Part of every fingerprint: moves on when the meaning of products changes for all stages at once.
constexpr int product_format = 2;
constexpr char const* format_key = "product_format";

std::int64_t size_of(std::string const& path) {
  std::error_code error;
  auto const size = std::filesystem::file_size(path, error);
  return error ? -1 : static_cast<std::int64_t>(size);
}

std::string content_of(ExternalFile const& file) {
  return concat(file.bytes, " bytes, ", file.sample);
}

/// Are files that a product was made of not there any more, and the others as they were? If all are
/// there, the configuration names others.
bool are_gone(std::vector<ExternalFile> const& recorded) {
  bool any_gone = false;
  for (auto const& file : recorded) {
    if (!std::filesystem::exists(file.path))
      any_gone = true;
    else if (content_of(sample_file(file.path)) != content_of(file))
      return false;
  }
  return any_gone;
}

/// "a, b, c and 12 more"
std::string first_few(std::vector<std::string> names) {
  constexpr std::size_t few = 3;
  if (names.size() <= few + 1) return join(names, ", ");
  std::size_t const more = names.size() - few;
  names.resize(few);
  return concat(join(names, ", "), " and ", more, " more");
}

}  // namespace

std::string_view name_of(ProductState state) {
  switch (state) {
    case ProductState::complete:
      return "complete";
    case ProductState::stale:
      return "stale";
    case ProductState::half_done:
      return "half done";
    case ProductState::missing:
      return "missing";
  }
  return "?";
}

RunState::RunState(std::string run_directory, StageList const& stages)
    : run_directory_(std::move(run_directory)) {
  for (auto const& stage : stages) by_id_[stage->id()] = stage.get();
}

std::pair<std::string, std::string> RunState::split(std::string const& path) const {
  // A product's files may lie in folders of their own: the longest known id is the product.
  for (auto slash = path.rfind('/'); slash != std::string::npos && slash > 0;
       slash = path.rfind('/', slash - 1)) {
    std::string const id = path.substr(0, slash);
    if (by_id_.contains(id)) return {id, path.substr(slash + 1)};
  }
  auto const slash = path.rfind('/');
  require(slash != std::string::npos, ExitCode::internal, "'", path,
          "' is not the path of a product");
  return {path.substr(0, slash), path.substr(slash + 1)};
}

StateReport const& RunState::of(Stage const& stage) {
  auto const known = reports_.find(stage.id());
  if (known != reports_.end()) return known->second;
  StateReport report = examine(stage);
  return reports_[stage.id()] = std::move(report);
}

std::vector<std::string> RunState::unfinished_inputs(Stage const& stage) {
  std::vector<std::string> unfinished;
  for (auto const& input : stage.record().inputs) {
    auto const maker = by_id_.find(split(input).first);
    if (maker == by_id_.end() || of(*maker->second).state == ProductState::complete) continue;
    if (std::find(unfinished.begin(), unfinished.end(), maker->first) == unfinished.end())
      unfinished.push_back(maker->first);
  }
  return unfinished;
}

/// Why a product is not what the stage would make now.
std::vector<std::string> RunState::differences(Stage const& stage, Manifest const& manifest,
                                               Fingerprint const& fingerprint) const {
  std::vector<std::string> reasons;
  if (!fingerprint.lines().empty())
    reasons = Fingerprint::differences(manifest.lines, fingerprint.lines());
  for (auto const& output : stage.record().outputs) {
    auto const* const record = manifest.output(output);
    auto const bytes = size_of(folder(stage) + "/" + output);
    if (!record) {
      reasons.push_back(concat(output, " is not in the manifest"));
    } else if (bytes < 0) {
      reasons.push_back(concat(output, " is missing"));
    } else if (bytes != record->bytes) {
      reasons.push_back(
          concat(output, " has ", bytes, " bytes, the manifest says ", record->bytes));
    }
  }
  return reasons;
}

StateReport RunState::examine(Stage const& stage) {
  StateReport report;
  auto const note_error = [&](auto&& body) {
    try {
      body();
      return true;
    } catch (Error const& error) {
      report.reasons.push_back(error.what());
      return false;
    }
  };
  std::optional<Manifest> manifest;
  bool const readable = note_error([&] { manifest = Manifest::read(folder(stage)); });
  auto const waits_for = unfinished_inputs(stage);
  if (!waits_for.empty())
    report.reasons.push_back("waits for " + first_few(waits_for));
  else
    note_error([&] { find_fingerprint(stage, manifest, report); });
  if (manifest) {
    for (auto const& reason : differences(stage, *manifest, report.fingerprint))
      report.reasons.push_back(reason);
    report.state = report.reasons.empty() ? ProductState::complete : ProductState::stale;
  } else if (!readable) {
    report.state = ProductState::stale;
  } else {
    bool const begun = std::filesystem::exists(journal_folder(stage) + "/commit.json");
    report.state = begun ? ProductState::half_done : ProductState::missing;
    auto const& lines = report.fingerprint.lines();
    if (begun && !lines.empty()) {
      std::string const refusal = Journal::refusal(journal_folder(stage), lines);
      if (!refusal.empty()) report.reasons.push_back("will be refused: " + refusal);
    }
  }
  return report;
}

void RunState::require_format() const {
  for (auto const& [id, stage] : by_id_) {
    std::optional<Manifest> manifest;
    try {
      manifest = Manifest::read(folder(*stage));
    } catch (Error const&) {  // damaged: reported as stale, and made again
      continue;
    }
    if (!manifest) continue;
    std::string found = "?";
    for (auto const& [key, value] : manifest->lines)
      if (key == format_key) found = value;
    require(found == std::to_string(product_format), ExitCode::config, "the run directory '",
            run_directory_, "' contains products of another version of setsz (", id,
            " has product format ", found, ", this version writes format ", product_format,
            "); choose another run.directory, or delete this one");
  }
}

/// Files from outside may be gone once their product is made, or lie elsewhere.
void RunState::find_fingerprint(Stage const& stage, std::optional<Manifest> const& manifest,
                                StateReport& report) const {
  try {
    report.fingerprint = fingerprint_of(stage);
  } catch (Error const& error) {
    if (error.code() != ExitCode::missing_input || !manifest || !are_gone(manifest->files)) throw;
    report.fingerprint = own_fingerprint(stage);
    for (auto const& [key, value] : manifest->lines)
      if (key.starts_with(Fingerprint::file_key)) report.fingerprint.add(key, value);
    report.notes.push_back(concat("inputs not there, taken as recorded (", error.what(), ")"));
  }
}

Fingerprint RunState::fingerprint_of(Stage const& stage) const {
  auto fingerprint = own_fingerprint(stage);
  for (auto const& path : stage.record().files())
    fingerprint.add(concat(Fingerprint::file_key, path), content_of(sample_file(path)));
  return fingerprint;
}

Fingerprint RunState::own_fingerprint(Stage const& stage) const {
  auto const& record = stage.record();
  Fingerprint fingerprint;
  fingerprint.add(format_key, product_format);
  fingerprint.add(record.stage + ".version", record.version);
  for (auto const& [key, value] : record.settings.lines()) fingerprint.add(key, value);
  for (auto const& input : record.inputs) {
    check_input_file(stage, input);
    fingerprint.add(concat("input ", input),
                    Manifest::read(run_directory_ + "/" + split(input).first)->fingerprint);
  }
  return fingerprint;
}

void RunState::check_input_file(Stage const& stage, std::string const& input) const {
  auto const [product, file] = split(input);
  std::string const path = run_directory_ + "/" + input;
  auto const manifest = Manifest::read(run_directory_ + "/" + product);
  require(manifest.has_value(), ExitCode::missing_input, stage.id(), " needs '", path,
          "', which is missing or incomplete; run ", product, " first");
  auto const* const record = manifest->output(file);
  require(record != nullptr, ExitCode::bad_data, stage.id(), " needs '", path,
          "', which the manifest of ", product, " does not list; remove that folder and run again");
  auto const bytes = size_of(path);
  require(bytes == record->bytes, ExitCode::bad_data, "'", path, "' ",
          bytes < 0 ? std::string("is missing") : concat("has ", bytes, " bytes"),
          ", its manifest says ", record->bytes, " bytes; remove the folder of ", product,
          " and run again");
}

std::vector<std::pair<std::string, OutputRecord>> RunState::product_files(Stage const& stage) {
  std::vector<std::pair<std::string, OutputRecord>> files;
  for (auto const& input : stage.record().inputs) {
    auto const [product, file] = split(input);
    auto const maker = by_id_.find(product);
    if (maker != by_id_.end() && of(*maker->second).state != ProductState::complete) continue;
    std::string const folder = run_directory_ + "/" + product;
    auto const manifest = Manifest::read(folder);
    if (auto const* record = manifest ? manifest->output(file) : nullptr)
      files.emplace_back(folder, *record);
  }
  return files;
}

bool RunState::uses(Stage const& user, Stage const& maker) const {
  auto const& inputs = user.record().inputs;
  return std::any_of(inputs.begin(), inputs.end(),
                     [&](auto const& input) { return split(input).first == maker.id(); });
}

void RunState::require_inputs(Stage const& stage) {
  for (auto const& input : stage.record().inputs) {
    auto const maker = by_id_.find(split(input).first);
    if (maker == by_id_.end()) continue;
    auto const& its = of(*maker->second);
    if (its.state == ProductState::complete) continue;
    bool const stale = its.state == ProductState::stale;
    fail(stale ? ExitCode::config : ExitCode::missing_input, "needs ", input, ", which is ",
         stale ? "stale" : "missing",
         its.reasons.empty() ? "" : concat(" (", join(its.reasons, "; "), ")"),
         "; run it first: --until ", maker->second->record().stage);
  }
  fingerprint_of(stage);
}

}  // namespace setsz
