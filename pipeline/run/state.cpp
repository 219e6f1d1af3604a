// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/run/state.hpp"

#include <algorithm>
#include <filesystem>

#include "pipeline/base/error.hpp"

namespace setsz {

namespace {

/// Part of every fingerprint: moves on when the meaning of products changes for all stages at once.
constexpr int product_format = 1;

std::int64_t size_of(std::string const& path) {
  std::error_code error;
  auto const size = std::filesystem::file_size(path, error);
  return error ? -1 : static_cast<std::int64_t>(size);
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

RunState::RunState(std::string run_directory, std::vector<std::unique_ptr<Stage>> const& stages)
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
  require(slash != std::string::npos, ExitCode::internal, "'", path, "' names no product");
  return {path.substr(0, slash), path.substr(slash + 1)};
}

StateReport const& RunState::of(Stage const& stage) {
  auto const known = reports_.find(stage.id());
  if (known != reports_.end()) return known->second;
  StateReport report = examine(stage);
  return reports_[stage.id()] = std::move(report);
}

StateReport RunState::examine(Stage const& stage) {
  StateReport report;
  std::optional<Manifest> manifest;
  bool damaged = false;
  try {
    manifest = Manifest::read(folder(stage));
  } catch (Error const& error) {
    report.reasons.push_back(error.what());
    damaged = true;
  }
  std::vector<std::string> waits_for;
  for (auto const& input : stage.input_products()) {
    auto const maker = by_id_.find(split(input).first);
    if (maker == by_id_.end()) continue;
    auto const& its = of(*maker->second);
    bool const listed =
        std::find(waits_for.begin(), waits_for.end(), maker->first) != waits_for.end();
    if (its.state != ProductState::complete && !listed) waits_for.push_back(maker->first);
  }
  if (!waits_for.empty()) report.reasons.push_back("waits for " + join(waits_for, ", "));
  if (waits_for.empty()) {
    try {
      report.fingerprint = fingerprint_of(stage);
    } catch (Error const& error) {
      report.reasons.push_back(error.what());
    }
  }
  if (damaged) {
    report.state = ProductState::stale;
  } else if (manifest) {
    if (!report.fingerprint.lines().empty()) {
      for (auto const& difference :
           Fingerprint::differences(manifest->lines, report.fingerprint.lines())) {
        report.reasons.push_back(difference);
      }
    }
    for (auto const& output : stage.outputs()) {
      auto const* const record = manifest->output(output);
      auto const bytes = size_of(folder(stage) + "/" + output);
      if (!record) {
        report.reasons.push_back(concat(output, " is not in the manifest"));
      } else if (bytes != record->bytes) {
        report.reasons.push_back(
            bytes < 0 ? concat(output, " is gone")
                      : concat(output, " has ", bytes, " bytes, the manifest ", record->bytes));
      }
    }
    report.state = report.reasons.empty() ? ProductState::complete : ProductState::stale;
  } else {
    bool const begun = std::filesystem::exists(journal_folder(stage) + "/commit.json");
    report.state = begun ? ProductState::half_done : ProductState::missing;
  }
  return report;
}

Fingerprint RunState::fingerprint_of(Stage const& stage) const {
  Fingerprint fingerprint;
  fingerprint.add("product_format", product_format);
  stage.describe(fingerprint);
  for (auto const& input : stage.input_products()) {
    check_input_file(stage, input);
    fingerprint.add(concat("input ", input),
                    Manifest::read(run_directory_ + "/" + split(input).first)->fingerprint);
  }
  for (auto const& path : stage.input_files()) {
    auto const file = sample_file(path);
    fingerprint.add(concat("file ", path), concat(file.bytes, " bytes, ", file.sample));
  }
  return fingerprint;
}

void RunState::check_input_file(Stage const& stage, std::string const& input) const {
  auto const [product, file] = split(input);
  std::string const path = run_directory_ + "/" + input;
  auto const manifest = Manifest::read(run_directory_ + "/" + product);
  require(manifest.has_value(), ExitCode::missing_input, stage.id(), " needs '", path,
          "', which is not there or not complete; run ", product, " first");
  auto const* const record = manifest->output(file);
  require(record != nullptr, ExitCode::bad_data, stage.id(), " needs '", path,
          "', which the manifest of ", product, " does not list; remove that folder and run again");
  auto const bytes = size_of(path);
  require(bytes == record->bytes, ExitCode::bad_data, "'", path, "' ",
          bytes < 0 ? std::string("is gone") : concat("has ", bytes, " bytes"),
          ", its manifest says ", record->bytes, " bytes; remove the folder of ", product,
          " and run again");
}

bool RunState::uses(Stage const& user, Stage const& maker) const {
  auto const inputs = user.input_products();
  return std::any_of(inputs.begin(), inputs.end(),
                     [&](auto const& input) { return split(input).first == maker.id(); });
}

void RunState::require_inputs(Stage const& stage) {
  for (auto const& input : stage.input_products()) {
    auto const maker = by_id_.find(split(input).first);
    if (maker == by_id_.end()) continue;
    auto const& its = of(*maker->second);
    if (its.state == ProductState::complete) continue;
    bool const stale = its.state == ProductState::stale;
    fail(stale ? ExitCode::config : ExitCode::missing_input, "needs ", input, ", which is ",
         stale ? "stale" : "not there yet",
         its.reasons.empty() ? "" : concat(" (", join(its.reasons, "; "), ")"),
         "; run it first: --until ", maker->second->name());
  }
  fingerprint_of(stage);
}

}  // namespace setsz
