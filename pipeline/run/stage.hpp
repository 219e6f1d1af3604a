// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <functional>
#include <initializer_list>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "pipeline/base/comm.hpp"
#include "pipeline/run/fingerprint.hpp"
#include "pipeline/run/journal.hpp"
#include "pipeline/run/options.hpp"
#include "pipeline/run/outlook.hpp"
#include "pipeline/run/run_options.hpp"

namespace setsz {

/// What a stage will need, before it runs; per rank, for `setsz plan`. The program itself is added
/// by the runner.
struct Estimate {
  double memory_bytes = 0;  ///< of the rank that needs most
  double output_bytes = 0;  ///< of all outputs together
  double seconds = 0;       ///< wall time with the given ranks
  std::string note;         ///< "463 clusters, 6.6e9 particles; owners hold 1.1-1.3e9"
};

/// What a running stage may use. Lives as long as Stage::run.
class Context {
 public:
  virtual ~Context() = default;
  virtual Comm const& comm() const = 0;
  virtual RunOptions const& options() const = 0;
  /// Version and revision of the program, for products that name their maker.
  virtual std::string code() const { return "unknown"; }
  virtual Journal& journal() = 0;

  /// The path of a complete product, "catalog/z0/clusters.h5", for reading.
  virtual std::string product(std::string_view relative) const = 0;
  /// Where to write an output of this stage ("clusters.h5"): DIR/clusters.h5.part. The runner
  /// checks and renames it after run() returns.
  virtual std::string part(std::string_view output) const = 0;

  /// Collective, once per work unit: has a signal asked to stop? Then save and call `stop_here`.
  virtual bool stop_requested() = 0;
  /// Collective: are checkpoint_minutes over since the last time this returned true?
  virtual bool checkpoint_due() = 0;
  /// After the journal's commit: leaves with code 75, "run again".
  [[noreturn]] virtual void stop_here() = 0;

  /// A number or text for the manifest and the summary ("clusters", 141). Not part of the identity
  /// of the product. The same on all ranks.
  virtual void note(std::string const& key, nlohmann::json const& value) = 0;
  /// The same for this rank's figure; the manifest gets the mean and the maximum over ranks.
  virtual void note_local(std::string const& key, double value) = 0;
};

/// What the machine knows of one instance of a stage before it runs; made in the constructor.
///
/// Products lie in RUN/<stage>/<instance>/. From the record follows the fingerprint: version,
/// settings, and the fingerprints of the inputs.
struct StageRecord {
  std::string stage;     ///< "predict"
  std::string instance;  ///< "z0/lo_gnfw/fold2/seed1", may be empty
  int version = 1;       ///< moves on when equal inputs and options give another product
  /// Products of other stages, "<stage id>/<file>", complete before run().
  std::vector<std::string> inputs{};
  /// File names in the product's folder, complete after run().
  std::vector<std::string> outputs{};
  /// Files from outside (snapshots, catalogues), expanded to existing names; may throw
  /// Error(missing_input). They are fingerprinted by size, time, header and sampled blocks.
  std::function<std::vector<std::string>()> files = [] { return std::vector<std::string>{}; };
  /// What else decides the product: options that `take` has noted, and what stages add.
  Fingerprint settings{};

  std::string id() const { return instance.empty() ? stage : stage + "/" + instance; }

  /// Notes options that change the product as they are now.
  template <class Options>
  void note(Options options,
            std::initializer_list<Affects> noted = {Affects::result, Affects::prediction}) {
    OptionList list;
    options.declare(list);
    for (auto const& entry : list.entries())
      if (std::find(noted.begin(), noted.end(), entry.affects) != noted.end())
        settings.add(concat(Options::section, ".", entry.key), entry.text());
  }

  /// The options of a section, [extract] or [model.NAME]; those that change the product are noted
  /// in the settings by the same call, so that none can be forgotten.
  template <class Options>
  Options take(Configuration const& configuration, std::string_view section = Options::section,
               std::initializer_list<Affects> noted = {Affects::result, Affects::prediction}) {
    auto options = configuration.get<Options>(section);
    note(options, noted);
    return options;
  }
};

/// One instance of a stage: a pure function from complete inputs to complete outputs.
///
/// The runner does everything else: fingerprint, skip, lock, journal, publish, manifest, errors.
/// Constructing a Stage reads no file.
class Stage {
 public:
  virtual ~Stage() = default;
  StageRecord const& record() const { return record_; }
  std::string id() const { return record_.id(); }

  /// Collective: checks everything that options, headers and the catalogue can tell, and says in
  /// the outlook what the stage will hand on. Writes nothing.
  virtual void preflight(Comm const&, Outlook&) const {}
  /// Local. Throws Error(missing_input) while an input is neither made nor expected.
  virtual Estimate estimate(Outlook const& outlook, int n_ranks) const = 0;
  /// Collective; resumes from a journal that fits.
  virtual void run(Context& context) = 0;

 protected:
  StageRecord record_;
};

using StageList = std::vector<std::unique_ptr<Stage>>;

}  // namespace setsz
