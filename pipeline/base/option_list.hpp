// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace setsz {

/// What an option changes. The first two are part of the fingerprint of the products that they
/// change; the last says how the work is done (memory budget, log level, checkpoint interval).
enum class Affects {
  result,
  prediction,  ///< of a model: what is predicted with it, but not how it is trained
  running
};

/// What stands beside an option's key and default: everything that help, the manual, the validator
/// and the fingerprint need. Ranges are inclusive.
struct OptionTraits {
  std::string_view unit = {};
  std::string_view help = {};
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  Affects affects = Affects::result;
  bool is_path = false;  ///< a text or list that names files: $NAME and ${NAME} are replaced
};

/// The options of one section, each declared once: key, default (the variable's present value),
/// unit, range, help. A stage's options are a plain struct:
///
///     struct ExtractOptions {
///       static constexpr std::string_view section = "extract";
///       static constexpr std::string_view help = "particles around every cluster";
///       double radius_r200 = 2.5;
///       void declare(OptionList& options) {
///         options.add("radius", radius_r200, {.unit = "R200c", .help = "...", .min = 1, .max =
///         10});
///       }
///       void validate() const {}   // pairs of keys that must fit together; throws Error(config)
///     };
class OptionList {
 public:
  void add(std::string key, bool& value, OptionTraits const& traits);
  void add(std::string key, std::int64_t& value, OptionTraits const& traits);
  void add(std::string key, double& value, OptionTraits const& traits);
  void add(std::string key, std::string& value, OptionTraits const& traits);
  /// Comma-separated lists.
  void add(std::string key, std::vector<std::string>& value, OptionTraits const& traits);
  void add(std::string key, std::vector<double>& value, OptionTraits const& traits);

  /// One of a few named values.
  template <class Enum>
  void add(std::string const& key, Enum& value,
           std::vector<std::pair<std::string, Enum>> const& choices, OptionTraits const& traits) {
    std::vector<std::string> names;
    names.reserve(choices.size());
    for (auto const& choice : choices) names.push_back(choice.first);
    add_choice(
        key, names, [&value, choices](std::size_t i) { value = choices[i].second; },
        [&value, choices] {
          std::size_t i = 0;
          while (choices[i].second != value) ++i;
          return i;
        },
        traits);
  }

  struct Entry {
    std::string key;
    std::string type;  ///< "number", "integer", "yes/no", "text", "list", or the choices "a|b"
    std::string default_text;
    std::string unit, help;
    double min, max;
    Affects affects;
    std::function<void(std::string const&)> parse;  ///< throws Error(config) with the wanted type
    std::function<std::string()> text;              ///< the present value, canonical
  };
  std::vector<Entry> const& entries() const { return entries_; }

 private:
  void add_choice(std::string key, std::vector<std::string> const& names,
                  std::function<void(std::size_t)> set, std::function<std::size_t()> get,
                  OptionTraits const& traits);
  std::vector<Entry> entries_;
};

}  // namespace setsz
