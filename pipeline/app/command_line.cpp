// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/app/command_line.hpp"

#include <algorithm>
#include <boost/program_options.hpp>
#include <sstream>

#include "pipeline/app/command_table.hpp"
#include "pipeline/app/topics.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/terminal.hpp"

namespace setsz {

namespace {

namespace po = boost::program_options;

constexpr unsigned text_width = terminal_columns;

po::options_description options_of(Command const& command, CommandLine& line) {
  po::options_description options("Options", text_width);
  for (auto const add : command.options) add(options, line);
  options.add_options()("help,h", "explain this command");
  return options;
}

Command const& find_command(std::string const& name) {
  std::vector<std::string> names;
  for (auto const& command : commands()) names.push_back(command.name);
  require(std::find(names.begin(), names.end(), name) != names.end(), ExitCode::usage,
          "unknown command '", name, "'; the nearest one is '", nearest(name, names),
          "' (see `setsz --help`)");
  return command_named(name);
}

[[noreturn]] void fail_unknown_option(Command const& command,
                                      po::options_description const& options,
                                      std::string const& name) {
  std::vector<std::string> names;
  for (auto const& option : options.options()) names.push_back("--" + option->long_name());
  fail(ExitCode::usage, "unknown option '", name, "' of `setsz ", command.name,
       "`; the nearest one is '", nearest(name, names), "' (see `setsz help ", command.name, "`)");
}

[[noreturn]] void fail_syntax(po::invalid_command_line_syntax const& error) {
  auto const option = error.get_option_name();
  if (error.kind() == po::invalid_syntax::extra_parameter) {
    fail(ExitCode::usage, option, " takes no value");
  }
  fail(ExitCode::usage, option, " needs a value");
}

/// Boost's errors in our words.
template <class Body>
void with_our_errors(Command const& command, po::options_description const& options, Body&& body) {
  try {
    body();
  } catch (po::unknown_option const& error) {
    fail_unknown_option(command, options, error.get_option_name());
  } catch (po::invalid_command_line_syntax const& error) {
    fail_syntax(error);
  } catch (po::invalid_option_value const& error) {
    fail(ExitCode::usage, error.what(), " (see `setsz help ", command.name, "`)");
  } catch (po::multiple_occurrences const& error) {
    fail(ExitCode::usage, error.get_option_name(), " is given more than once");
  } catch (po::error const& error) {
    fail(ExitCode::usage, error.what());
  }
}

void take_target(Command const& command, std::vector<std::string> const& words, CommandLine& line) {
  std::size_t const allowed = command.target.empty() ? 0 : 1;
  require(words.size() <= allowed, ExitCode::usage, "unexpected argument '",
          words.empty() ? "" : words.back(), "': `setsz ", command.name, "` takes ",
          allowed == 0 ? "no argument" : concat("one ", command.target_name), " (see `setsz help ",
          command.name, "`)");
  if (!words.empty()) line.target = words.front();
}

void require_target(Command const& command, CommandLine const& line) {
  bool const optional = command.target.empty() || command.target.starts_with('[');
  require(optional || !line.target.empty(), ExitCode::usage, "`setsz ", command.name, "` needs a ",
          command.target_name, ": setsz ", command.name, " ", command.target, " (see `setsz help ",
          command.name, "`)");
}

Topic const* find_topic(std::string_view name) {
  auto const found = std::ranges::find(topics(), name, &Topic::name);
  return found == topics().end() ? nullptr : &*found;
}

void require_subject_of_help(std::string const& name) {
  std::vector<std::string> names;
  for (auto const& command : commands()) names.push_back(command.name);
  for (auto const& topic : topics()) names.emplace_back(topic.name);
  require(std::ranges::find(names, name) != names.end(), ExitCode::usage, "no help on '", name,
          "'; the nearest topic is '", nearest(name, names), "' (see `setsz --help`)");
}

CommandLine help_on(std::string const& topic) {
  if (!topic.empty()) require_subject_of_help(topic);
  CommandLine line;
  line.command = "help";
  line.target = topic;
  return line;
}

CommandLine parse_words(Command const& command, std::vector<std::string> const& words) {
  namespace style = po::command_line_style;
  CommandLine line;
  line.command = command.name;
  auto const visible = options_of(command, line);
  std::vector<std::string> targets;
  po::options_description all;
  all.add(visible).add_options()("target", po::value(&targets));
  po::positional_options_description places;
  places.add("target", -1);

  po::variables_map values;
  with_our_errors(command, visible, [&] {
    auto const exact = style::default_style & ~style::allow_guessing;
    po::store(po::command_line_parser(words).options(all).positional(places).style(exact).run(),
              values);
    po::notify(values);
  });
  if (values.contains("help")) return help_on(command.name);
  take_target(command, targets, line);
  if (command.name == "help") return help_on(line.target);
  require_target(command, line);
  return line;
}

std::string overview() {
  std::ostringstream out;
  out << "setsz: Compton-y maps of gravity-only simulations, learned from matched\n"
         "hydrodynamic ones\n\n";
  for (auto const& command : commands()) {
    std::string const usage = concat("setsz ", command.name, " ", command.target);
    out << "  " << usage << std::string(25 - usage.size(), ' ') << command.summary << "\n";
  }
  out << "\n`setsz help COMMAND` explains a command, `setsz help TOPIC` one of these:\n\n";
  for (auto const& topic : topics())
    out << "  " << topic.name << std::string(25 - topic.name.size(), ' ') << topic.summary << "\n";
  out << "\nOn N MPI ranks: mpirun -n N setsz run CONFIG.ini\n"
         "SETSZ_PROGRESS=live|lines: progress as one live line, or as lines for a log.\n\n"
      << exit_codes_text();
  return out.str();
}

}  // namespace

CommandLine parse_command_line(std::vector<std::string> const& arguments) {
  require(!arguments.empty(), ExitCode::usage, "no command given; see `setsz --help`");
  std::string const& first = arguments.front();
  if (first == "--help" || first == "-h") return help_on("");
  auto const& command = find_command(first == "--version" ? "version" : first);
  return parse_words(command, {arguments.begin() + 1, arguments.end()});
}

std::string help_text(std::string const& name) {
  if (name.empty()) return overview();
  if (auto const* const topic = find_topic(name)) return topic->text();
  auto const& command = command_named(name);
  CommandLine unused;
  std::ostringstream out;
  out << "setsz " << command.name << (command.target.empty() ? "" : " ") << command.target
      << (command.options.empty() ? "" : " [OPTION]...") << "\n\n"
      << command.description << "\n\n"
      << options_of(command, unused) << "\nExamples:\n";
  for (auto const& example : split(command.examples, '\n')) out << "  " << example << "\n";
  return out.str();
}

}  // namespace setsz
