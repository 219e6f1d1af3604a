// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <string>
#include <type_traits>
#include <vector>

#include "io/h5.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/run/runner.hpp"
#include "tests/fixtures/scratch.hpp"
#include "tests/run/toy_stages.hpp"

namespace setsz::toy {

/// A run directory with the toy stages in it.
class ToyRun {
 public:
  explicit ToyRun(Comm const& comm) : comm_(comm), folder_(comm) { Log::set_level(0); }

  std::vector<StageResult> run(std::vector<std::string> settings = {}, bool force = false,
                               Comm const* comm = nullptr) {
    return with_runner(std::move(settings), force, comm ? *comm : comm_, [](Runner& runner) {
      return runner.run({"numbers", "sums/a/b"});
    });
  }
  Error check_error(std::vector<std::string> const& settings) {
    return test::thrown_by([&] {
      with_runner(settings, false, comm_, [](Runner& runner) {
        runner.check({"numbers", "sums/a/b"});
      });
    });
  }
  Error error(std::vector<std::string> const& settings, bool force = false) {
    return test::thrown_by([&] { run(settings, force); });
  }
  StateReport state(std::vector<std::string> settings, std::size_t i) const {
    settings.push_back("run.directory=" + run_directory());
    auto const configuration = Configuration::parse("[toy]\n", "toy.ini", settings, schemas());
    auto const all = toy::stages(configuration);
    return RunState(run_directory(), all).of(*all[i]);
  }
  std::string run_directory() const { return folder_ / "run"; }
  std::string sums() const { return run_directory() + "/sums/a/b/sums.h5"; }
  bool exists(std::string const& path) const {
    comm_.barrier();
    bool const there = std::filesystem::exists(path);
    comm_.barrier();
    return there;
  }
  /// Rank 0 changes something on the disk, between two barriers.
  template <class Change>
  void on_disk(Change&& change) const {
    comm_.barrier();
    if (comm_.is_root()) change();
    comm_.barrier();
  }
  std::string operator/(std::string const& name) const { return folder_ / name; }

 private:
  template <class Use>
  std::invoke_result_t<Use, Runner&> with_runner(std::vector<std::string> settings, bool force,
                                                 Comm const& comm, Use const& use) const {
    settings.push_back("run.directory=" + run_directory());
    auto const configuration = Configuration::parse("[toy]\n", "toy.ini", settings, schemas());
    auto const all = toy::stages(configuration);
    Runner runner(
        comm, all,
        {configuration.get<RunOptions>(), "toy.ini", configuration.resolved(), "test",
         [](std::string const& path, std::string const&) { return h5_content_hash(path); }, force});
    return use(runner);
  }

  Comm comm_;
  test::Scratch folder_;
};

inline bool contains(std::string const& text, std::string const& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace setsz::toy
