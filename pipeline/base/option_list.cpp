// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/base/option_list.hpp"

#include <cctype>
#include <charconv>
#include <cmath>

#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/path_text.hpp"

namespace setsz {

namespace {

/// The shortest text that reads back as the same number.
std::string canonical(double value) {
  char text[32];
  auto const end = std::to_chars(text, text + sizeof text, value).ptr;
  return {text, end};
}
std::string canonical(std::int64_t value) { return std::to_string(value); }

template <class Number>
Number parse_number(std::string const& text, std::string_view wanted) {
  Number value{};
  char const* const end = text.data() + text.size();
  bool const plus = text.size() > 1 && text[0] == '+' && text[1] != '-';  // as C and numpy read it
  auto const [stop, error] = std::from_chars(text.data() + (plus ? 1 : 0), end, value);
  require(error != std::errc::result_out_of_range, ExitCode::config, "'", text,
          "' is beyond the range of ", wanted);
  require(error == std::errc() && stop == end, ExitCode::config, "'", text, "' is not ", wanted);
  return value;
}

std::string range_text(double min, double max) {
  bool const low = std::isfinite(min), high = std::isfinite(max);
  if (low && high) return concat("in [", canonical(min), ", ", canonical(max), "]");
  if (low) return concat(">= ", canonical(min));
  return high ? concat("<= ", canonical(max)) : "finite";
}

template <class Number>
Number parse_in_range(std::string const& text, std::string_view wanted, double min, double max) {
  Number const value = parse_number<Number>(text, wanted);
  auto const x = real(value);
  require(std::isfinite(x) && x >= min && x <= max, ExitCode::config, text,
          " is out of range (must be ", range_text(min, max), ")");
  return value;
}

bool parse_bool(std::string const& text) {
  auto const lower = lowercase(text);
  if (lower == "yes" || lower == "true") return true;
  if (lower == "no" || lower == "false") return false;
  fail(ExitCode::config, "'", text, "' is not yes or no");
}

std::vector<std::string> parse_list(std::string const& text) {
  if (trim(text).empty()) return {};
  auto items = split_items(text);
  for (auto& item : items) {
    require(!item.empty(), ExitCode::config, "'", text, "' has an empty item");
    item = unquoted(item);
  }
  return items;
}

/// What all kinds of options have in common; `parse` and `text` are the kind's own.
OptionList::Entry make_entry(std::string key, std::string type, OptionTraits const& traits,
                             std::function<void(std::string const&)> parse,
                             std::function<std::string()> text) {
  std::string default_text = text();
  return {std::move(key),
          std::move(type),
          std::move(default_text),
          std::string(traits.unit),
          std::string(traits.help),
          traits.min,
          traits.max,
          traits.affects,
          std::move(parse),
          std::move(text)};
}

}  // namespace

void OptionList::add(std::string key, bool& value, OptionTraits const& traits) {
  entries_.push_back(make_entry(
      std::move(key), "yes/no", traits,
      [&value](std::string const& text) { value = parse_bool(text); },
      [&value] { return std::string(value ? "yes" : "no"); }));
}

void OptionList::add(std::string key, std::int64_t& value, OptionTraits const& traits) {
  entries_.push_back(make_entry(
      std::move(key), "integer", traits,
      [&value, min = traits.min, max = traits.max](std::string const& text) {
        value = parse_in_range<std::int64_t>(text, "a whole number", min, max);
      },
      [&value] { return canonical(value); }));
}

void OptionList::add(std::string key, double& value, OptionTraits const& traits) {
  entries_.push_back(make_entry(
      std::move(key), "number", traits,
      [&value, min = traits.min, max = traits.max](std::string const& text) {
        value = parse_in_range<double>(text, "a number", min, max);
      },
      [&value] { return canonical(value); }));
}

void OptionList::add(std::string key, std::string& value, OptionTraits const& traits) {
  bool const is_path = traits.is_path;
  entries_.push_back(make_entry(
      std::move(key), is_path ? "path" : "text", traits,
      [&value, is_path](std::string const& text) {
        value = is_path ? expand_variables(unquoted(text)) : unquoted(text);
      },
      [&value, is_path] { return quoted_if_needed(is_path ? without_variables(value) : value); }));
}

void OptionList::add(std::string key, std::vector<std::string>& value, OptionTraits const& traits) {
  bool const is_path = traits.is_path;
  entries_.push_back(make_entry(
      std::move(key), is_path ? "list of paths" : "list", traits,
      [&value, is_path](std::string const& text) {
        auto items = parse_list(text);
        if (is_path)
          for (auto& item : items) item = expand_variables(item);
        value = std::move(items);
      },
      [&value, is_path] {
        std::vector<std::string> items;
        items.reserve(value.size());
        for (auto const& item : value)
          items.push_back(quoted_if_needed(is_path ? without_variables(item) : item));
        return join(items, ", ");
      }));
}

void OptionList::add(std::string key, std::vector<double>& value, OptionTraits const& traits) {
  entries_.push_back(make_entry(
      std::move(key), "list of numbers", traits,
      [&value, min = traits.min, max = traits.max](std::string const& text) {
        std::vector<double> numbers;
        for (auto const& item : parse_list(text)) {
          numbers.push_back(parse_in_range<double>(item, "a number", min, max));
        }
        value = std::move(numbers);
      },
      [&value] {
        std::vector<std::string> texts;
        texts.reserve(value.size());
        for (double const number : value) texts.push_back(canonical(number));
        return join(texts, ", ");
      }));
}

void OptionList::add_choice(std::string key, std::vector<std::string> const& names,
                            std::function<void(std::size_t)> set, std::function<std::size_t()> get,
                            OptionTraits const& traits) {
  entries_.push_back(make_entry(
      std::move(key), join(names, "|"), traits,
      [names, set = std::move(set)](std::string const& text) {
        for (std::size_t i = 0; i < names.size(); ++i) {
          if (names[i] == text) return set(i);
        }
        fail(ExitCode::config, "'", text, "' is none of ", join(names, ", "),
             suggestion(text, names));
      },
      [names, get = std::move(get)] { return names[get()]; }));
}

}  // namespace setsz
