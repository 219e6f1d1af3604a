// SPDX-License-Identifier: BSD-3-Clause
#include "tests/run/toy_stages.hpp"

#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <new>
#include <nlohmann/json.hpp>
#include <thread>

#include "io/h5.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"

namespace setsz::toy {

void ToyOptions::declare(OptionList& options) {
  auto const running = [](std::string_view text) {
    return OptionTraits{.help = text, .affects = Affects::running};
  };
  options.add("count", count, {.help = "numbers", .min = 1});
  options.add("factor", factor, {.help = "of the sums"});
  options.add("file", file, {.help = "external input", .is_path = true});
  options.add("pause_ms", pause_ms, running("pause of every unit"));
  options.add("commit_every", commit_every, running("units between two commits"));
  options.add("fault", fault,
              {{"none", Fault::none},
               {"local_error", Fault::local_error},
               {"agreed_error", Fault::agreed_error},
               {"every_rank_error", Fault::every_rank_error},
               {"exception", Fault::exception},
               {"memory", Fault::memory},
               {"terminate", Fault::terminate},
               {"kill", Fault::kill},
               {"hang", Fault::hang},
               {"stop", Fault::stop},
               {"no_output", Fault::no_output},
               {"changed_input", Fault::changed_input}},
              running("what goes wrong"));
  options.add("fault_rank", fault_rank, running("on which rank"));
  options.add("fault_unit", fault_unit, running("in which unit"));
  options.add("stop_at_fault", stop_at_fault, running("stop there as if a signal had come"));
  options.add("output_bytes", output_bytes, running("estimate"));
  options.add("memory_bytes", memory_bytes, running("estimate"));
  options.add("preflight_fails", preflight_fails, running("as if an input were bad"));
}

namespace {

class NumbersStage : public Stage {
 public:
  explicit NumbersStage(ToyOptions options) : options_(std::move(options)) {
    record_ = {.stage = "numbers", .instance = "", .version = 1};
    record_.outputs = {"numbers.h5"};
    record_.settings.add("toy.count", options_.count);
    if (!options_.file.empty())
      record_.files = [file = options_.file] { return std::vector{file}; };
  }
  Estimate estimate(Outlook const&, int) const override {
    return {options_.memory_bytes, options_.output_bytes, 1, "toy"};
  }
  void preflight(Comm const& comm, Outlook&) const override {
    collectively(comm, "checking", [&] {
      require(!options_.preflight_fails, ExitCode::bad_data,
              "'toy.dat' is bad (found 3, expected 4)");
    });
  }
  void run(Context& context) override {
    auto const range = even_range(options_.count, context.comm().rank(), context.comm().size());
    std::vector<double> values;
    for (auto i = range.first; i < range.last; ++i) values.push_back(real(i * i));
    H5File file = H5File::create(context.comm(), context.part("numbers.h5"));
    file.write_spread("/value", {.unit = "1", .frame = "", .description = "squares"}, values);
    file.close();
    context.note("numbers", options_.count);
    if (options_.fault == Fault::changed_input && context.comm().is_root())
      std::ofstream(options_.file, std::ios::app) << "more";
  }

 private:
  ToyOptions options_;
};

class SumsStage : public Stage {
 public:
  explicit SumsStage(ToyOptions options) : options_(std::move(options)) {
    record_ = {.stage = "sums", .instance = "a/b", .version = 1};
    record_.inputs = {"numbers/numbers.h5"};
    record_.outputs = {"sums.h5"};
    record_.settings.add("toy.factor", options_.factor);
  }
  Estimate estimate(Outlook const&, int) const override { return {1000, 1000, 1, "toy"}; }
  void run(Context& context) override;

 private:
  void misbehave(Comm const& comm, std::int64_t unit) const;
  ToyOptions options_;
};

void SumsStage::run(Context& context) {
  auto const& comm = context.comm();
  auto const input = H5File::open(context.product("numbers/numbers.h5"));
  auto const value = input.read_all<double>("/value");
  auto const n = std::ssize(value);
  std::vector<double> sums(value.size(), 0.0);  // those that this rank knows
  std::vector<std::int64_t> known(value.size(), 0);
  Journal& journal = context.journal();
  journal.for_each([&](Journal::Record const& record) {
    std::size_t const i = record.unit;
    std::memcpy(&sums[i], record.bytes.data(), sizeof(double));
    known[i] = 1;
  });
  std::int64_t const begin = journal.committed().value_or(0);
  std::int64_t done_now = 0;
  for (auto unit = begin; unit < n; ++unit) {
    std::size_t const i = unit;
    misbehave(comm, unit);
    if (unit % comm.size() == comm.rank()) {
      sums[i] = options_.factor * (value[i] + (unit > 0 ? value[i - 1] : 0));
      known[i] = 1;
      journal.append(unit, std::as_bytes(std::span<double const>(&sums[i], 1)));
    }
    ++done_now;
    std::this_thread::sleep_for(std::chrono::milliseconds(options_.pause_ms));
    bool const stop =
        context.stop_requested() || (options_.stop_at_fault && unit == options_.fault_unit);
    journal.describe(concat(unit + 1, " of ", n, " units"));
    if (stop || (unit + 1) % options_.commit_every == 0) journal.commit(unit + 1);
    if (stop) context.stop_here();
  }
  // Every unit is known to one rank: the sum over ranks is the value itself, bit for bit.
  auto const all_sums = comm.all_gather_v(sums);
  auto const all_known = comm.all_gather_v(known);
  std::vector<double> result(value.size());
  for (std::size_t j = 0; j < all_sums.size(); ++j) {
    if (all_known[j]) result[j % value.size()] = all_sums[j];
  }
  if (options_.fault == Fault::no_output) return;
  auto const range = even_range(n, comm.rank(), comm.size());
  H5File file = H5File::create(comm, context.part("sums.h5"));
  file.write_spread("/sum", {.unit = "1", .frame = "", .description = "sums"},
                    std::vector<double>(result.begin() + range.first, result.begin() + range.last));
  file.close();
  context.note("units_done_now", done_now);
  context.note_local("rank_plus_one", comm.rank() + 1);
}

void throw_out() { throw std::runtime_error("out of a noexcept function"); }

void SumsStage::misbehave(Comm const& comm, std::int64_t unit) const {
  if (unit != options_.fault_unit) return;
  bool const here = comm.rank() == options_.fault_rank % comm.size();
  auto const complain = [&] { fail(ExitCode::bad_data, "unit ", unit, " of 'toy.dat' is bad"); };
  if (options_.fault == Fault::agreed_error) {
    collectively(comm, "toy", [&] {
      if (here) complain();
    });
  }
  if (options_.fault == Fault::every_rank_error) complain();
  if (!here) return;
  switch (options_.fault) {
    case Fault::local_error:
      complain();
      break;
    case Fault::exception:
      throw std::out_of_range("toy index 7");
    case Fault::memory:
      throw std::bad_alloc();
    case Fault::terminate:
      [&]() noexcept { throw_out(); }();
      break;
    case Fault::kill:
      raise(SIGKILL);
      break;
    case Fault::stop:
      raise(SIGSTOP);
      break;
    case Fault::hang:
      mark_progress("hanging on purpose");
      std::this_thread::sleep_for(std::chrono::hours(1));
      break;
    default:
      break;
  }
}

}  // namespace

std::vector<SectionSchema> schemas() { return {schema_of<RunOptions>(), schema_of<ToyOptions>()}; }

StageList stages(Configuration const& configuration) {
  Blueprint const blueprint(configuration);
  StageList stages;
  for (auto const& row : rows()) row.add(blueprint, stages);
  return stages;
}

std::vector<StageRow> rows() {
  return {
      {.name = "numbers",
       .sections = {schema_of<ToyOptions>()},
       .add =
           [](Blueprint const& blueprint, StageList& stages) {
             stages.push_back(
                 std::make_unique<NumbersStage>(blueprint.configuration.get<ToyOptions>()));
           }},
      {.name = "sums", .sections = {}, .add = [](Blueprint const& blueprint, StageList& stages) {
         stages.push_back(std::make_unique<SumsStage>(blueprint.configuration.get<ToyOptions>()));
       }}};
}

}  // namespace setsz::toy
