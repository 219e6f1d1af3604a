// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/run/options.hpp"

#include <algorithm>
#include <boost/program_options.hpp>
#include <cctype>
#include <sstream>

#include "pipeline/base/error.hpp"

namespace setsz {

namespace {

/// "snapshot.z0.gas" -> {"snapshot.z0", "gas"}.
std::pair<std::string, std::string> split_key(std::string const& full) {
  auto const dot = full.rfind('.');
  if (dot == std::string::npos) return {"", full};
  return {full.substr(0, dot), full.substr(dot + 1)};
}

bool in_family(std::string_view section, std::string_view family) {
  return section.size() > family.size() + 1 && section.starts_with(family) &&
         section[family.size()] == '.';
}

std::string without_comment(std::string_view line) { return trim(line.substr(0, line.find('#'))); }

/// Where each key and section of a configuration file stands. Boost.Program_options reads the
/// values but knows no lines and silently lets later keys follow earlier ones.
struct Lines {
  std::map<std::string, int> keys;
  std::vector<std::pair<std::string, int>> sections;
};

Lines scan(std::string const& text, std::string const& path) {
  Lines lines;
  std::map<std::string, int> heading;
  std::string section;
  int number = 0;
  for (auto const& raw : split(text, '\n')) {
    ++number;
    auto const wrong = [&](auto const&... what) {
      fail(ExitCode::config, path, ":", number, ": ", what...);
    };
    if (raw.starts_with("\xEF\xBB\xBF")) {
      wrong("the file begins with a byte order mark; save it as plain UTF-8");
    }
    if (raw.find('\0') != std::string::npos) wrong("a zero byte; this is not a text file");
    if (raw.find('\t') != std::string::npos) wrong("a tab character; use spaces");
    std::string const line = without_comment(raw);
    if (line.empty()) continue;
    if (line.front() == '[') {
      if (line.back() != ']') wrong("'", line, "' is not a section heading (write [name])");
      section = trim(std::string_view(line).substr(1, line.size() - 2));
      auto const [first, is_new] = heading.emplace(section, number);
      if (!is_new) wrong("duplicate section [", section, "]: it begins in line ", first->second);
      lines.sections.emplace_back(section, number);
      continue;
    }
    auto const equals = line.find('=');
    if (equals == std::string::npos) wrong("'", line, "' is neither [section] nor key = value");
    std::string const key = trim(std::string_view(line).substr(0, equals));
    if (section.empty()) wrong("key '", key, "' comes before the first [section]");
    auto const [first, is_new] = lines.keys.emplace(section + "." + key, number);
    if (!is_new) wrong("duplicate key '", key, "': first set in line ", first->second);
  }
  require(!lines.sections.empty(), ExitCode::config, path,
          ": no [section] in it (empty or not a configuration file?)");
  return lines;
}

}  // namespace

Configuration Configuration::parse(std::string const& text, std::string const& path,
                                   std::vector<std::string> const& overrides,
                                   std::vector<SectionSchema> const& schemas) {
  Configuration configuration;
  configuration.path_ = path;
  configuration.schemas_ = schemas;
  configuration.read(text);
  for (auto const& assignment : overrides) configuration.read_override(assignment);
  configuration.validate_values();
  return configuration;
}

void Configuration::read(std::string const& text) {
  namespace po = boost::program_options;
  Lines const lines = scan(text, path_);
  for (auto const& [section, line] : lines.sections) {
    add_section(section, concat(path_, ":", line));
  }

  std::istringstream stream(text);
  try {
    for (auto const& option :
         po::parse_config_file(stream, po::options_description(), true).options) {
      auto const line = lines.keys.find(option.string_key);
      require(line != lines.keys.end(), ExitCode::config, path_, ": cannot read '",
              option.string_key, "'");
      values_[option.string_key] = {option.value.empty() ? "" : trim(option.value.front()),
                                    concat(path_, ":", line->second)};
    }
  } catch (po::error const& error) {
    fail(ExitCode::config, path_, ": ", error.what());
  }
}

void Configuration::read_override(std::string const& assignment) {
  auto const equals = assignment.find('=');
  std::string const full = trim(std::string_view(assignment).substr(0, equals));
  auto const [section, key] = split_key(full);
  require(equals != std::string::npos && !section.empty() && !key.empty(), ExitCode::config,
          "--set ", assignment, ": write --set section.key=value");
  if (!has(section)) add_section(section, "--set");
  values_[full] = {trim(std::string_view(assignment).substr(equals + 1)), "--set"};
}

void Configuration::add_section(std::string const& name, std::string const& where) {
  auto const& schema = schema_for(name, where);
  auto const member = name == schema.section ? "" : name.substr(schema.section.size() + 1);
  bool const legal = std::all_of(member.begin(), member.end(), [](unsigned char c) {
    return std::isalnum(c) || c == '_' || c == '-';
  });
  require(legal, ExitCode::config, where, ": '", member, "' in [", name,
          "] is not a valid name (use letters A-Z, a-z, digits, _ and -)");
  sections_.push_back({name, where});
}

SectionSchema const& Configuration::schema_for(std::string const& section,
                                               std::string const& where) const {
  std::vector<std::string> names;
  for (auto const& schema : schemas_) {
    if (section == schema.section || (schema.family && in_family(section, schema.section)))
      return schema;
    names.push_back(schema.section);
  }
  std::string const best = nearest(section.substr(0, section.find('.')), names);
  bool const family = std::any_of(schemas_.begin(), schemas_.end(), [&](auto const& schema) {
    return schema.family && schema.section == best;
  });
  fail(ExitCode::config, where, ": unknown section [", section, "]; the nearest one is [", best,
       family ? ".NAME" : "", "] (see `setsz options`)");
}

bool Configuration::has(std::string_view section) const {
  return std::any_of(sections_.begin(), sections_.end(),
                     [&](Section const& s) { return s.name == section; });
}

std::vector<std::pair<std::string, std::string>> Configuration::texts(
    std::string const& section) const {
  auto const instance = schema_for(section, path_).make();
  fill(section, instance.entries);
  std::vector<std::pair<std::string, std::string>> texts;
  for (auto const& entry : instance.entries) texts.emplace_back(entry.key, entry.text());
  return texts;
}

std::optional<std::string> Configuration::text_of(std::string_view section,
                                                  std::string_view key) const {
  auto const value = values_.find(concat(section, ".", key));
  if (value == values_.end()) return std::nullopt;
  return value->second.text;
}

std::string Configuration::where(std::string_view section) const {
  for (auto const& known : sections_)
    if (known.name == section) return known.where;
  return path_;
}

void Configuration::validate_values() const {
  for (auto const& [full, value] : values_) {
    auto const [section, key] = split_key(full);
    auto const instance = schema_for(section, value.where).make();
    std::vector<std::string> keys;
    bool known = false;
    for (auto const& entry : instance.entries) {
      keys.push_back(entry.key);
      if (entry.key != key) continue;
      known = true;
      try {
        entry.parse(value.text);
      } catch (Error const& error) {
        fail(error.code(), value.where, ": [", section, "] ", key, ": ", error.what());
      }
    }
    require(known, ExitCode::config, value.where, ": unknown key '", key, "' in [", section,
            "]; the nearest one is '", nearest(key, keys), "'");
  }
}

/// The plain section of a family comes first: its members override it.
void Configuration::fill(std::string_view name,
                         std::vector<OptionList::Entry> const& entries) const {
  auto const fill_from = [&](std::string_view section) {
    for (auto const& entry : entries) {
      auto const value = values_.find(concat(section, ".", entry.key));
      if (value != values_.end()) entry.parse(value->second.text);
    }
  };
  auto const dot = name.find('.');
  if (dot != std::string_view::npos) fill_from(name.substr(0, dot));
  fill_from(name);
}

void Configuration::check(std::string_view name, std::function<void()> const& validate) const {
  try {
    validate();
  } catch (Error const& error) {
    fail(error.code(), path_, ": [", name, "] ", error.what());
  }
}

std::vector<std::string> Configuration::names(std::string_view family) const {
  std::vector<std::string> names;
  for (auto const& section : sections_) {
    if (in_family(section.name, family)) names.push_back(section.name.substr(family.size() + 1));
  }
  return names;
}

std::string Configuration::resolved() const {
  std::ostringstream out;
  auto const write = [&](std::string const& section, SectionSchema const& schema) {
    auto const instance = schema.make();
    fill(section, instance.entries);
    out << "[" << section << "]\n";
    for (auto const& entry : instance.entries) out << entry.key << " = " << entry.text() << "\n";
    out << "\n";
  };
  for (auto const& schema : schemas_) {
    write(schema.section, schema);
    if (!schema.family) continue;
    for (auto const& name : names(schema.section)) write(schema.section + "." + name, schema);
  }
  return out.str();
}

}  // namespace setsz
