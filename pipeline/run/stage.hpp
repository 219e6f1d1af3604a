// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "pipeline/base/comm.hpp"
#include "pipeline/run/fingerprint.hpp"
#include "pipeline/run/journal.hpp"
#include "pipeline/run/options.hpp"

namespace setsz {

/// [run]: where products go and how the work is done.
struct RunOptions {
  static constexpr std::string_view section = "run";
  static constexpr std::string_view help = "where the products go, which stages run, and how";
  std::string directory = "run";
  std::vector<std::string> stages;  ///< empty: all but mock
  std::int64_t seed = 1;
  double memory_mb = 2000;  ///< working memory per rank, beside what a stage must keep
  double checkpoint_minutes = 10;
  double watchdog_seconds = 600;
  std::int64_t slice_rows = 1 << 20;  ///< rows of a snapshot slice: fixed, so that results do not
                                      ///< depend on ranks or memory
  std::int64_t log_level = 1;
  void declare(OptionList& options);
  void validate() const;
};

/// What a stage will need, from headers alone; per rank, for `setsz plan`.
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

/// One instance of a stage: a pure function from complete inputs to complete outputs.
///
/// Products lie in RUN/<name>/<instance>/. The runner does everything else: fingerprint, skip,
/// lock, journal, publish, manifest, errors. Constructing a Stage reads no file.
class Stage {
 public:
  virtual ~Stage() = default;
  virtual std::string name() const = 0;      ///< "predict"
  virtual std::string instance() const = 0;  ///< "z0/lo_gnfw/fold2/seed1", may be empty
  std::string id() const { return instance().empty() ? name() : name() + "/" + instance(); }

  /// Products of other stages, "<stage id>/<file>", complete before run().
  virtual std::vector<std::string> input_products() const = 0;
  /// Files from outside (snapshots, catalogues), expanded to existing names. May throw
  /// Error(missing_input). They are fingerprinted by size, time, header and sampled blocks.
  virtual std::vector<std::string> input_files() const { return {}; }
  /// File names in the product folder, complete after run().
  virtual std::vector<std::string> outputs() const = 0;
  /// Stage version and every option that changes the output.
  virtual void describe(Fingerprint& fingerprint) const = 0;

  /// Collective: opens and checks the inputs from outside; writes nothing.
  virtual void preflight(Comm const&) const {}
  /// \param run_directory  to look at headers of products that exist already
  virtual Estimate estimate(std::string const& run_directory, int n_ranks) const = 0;
  virtual void run(Context& context) = 0;
};

}  // namespace setsz
