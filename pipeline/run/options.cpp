// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/run/options.hpp"

#include <algorithm>
#include <cctype>
#include <sstream>

#include "pipeline/base/error.hpp"
#include "pipeline/run/ini_text.hpp"

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
  auto const ini = parse_ini(text, path_);
  for (auto const& [name, line] : ini.sections)
    gather(line, [&, &name = name, &line = line] { add_section(name, concat(path_, ":", line)); });
  for (auto const& value : ini.values)
    values_[value.section + "." + value.key] = {value.text, concat(path_, ":", value.line),
                                                value.line};
}

void Configuration::read_override(std::string const& assignment) {
  auto const equals = assignment.find('=');
  std::string const full = trim(std::string_view(assignment).substr(0, equals));
  auto const [section, key] = split_key(full);
  require(equals != std::string::npos && !section.empty() && !key.empty(), ExitCode::config,
          "--set ", assignment, ": write --set section.key=value");
  if (!has(section)) add_section(section, "--set");
  values_[full] = {trim(std::string_view(assignment).substr(equals + 1)), "--set", 0};
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

void Configuration::validate_value(std::string const& full, Value const& value) const {
  auto const [section, key] = split_key(full);
  if (!has(section)) return;  // its heading is reported
  auto const instance = schema_for(section, value.where).make();
  std::vector<std::string> keys;
  for (auto const& entry : instance.entries) {
    keys.push_back(entry.key);
    if (entry.key != key) continue;
    try {
      entry.parse(value.text);
    } catch (Error const& error) {
      fail(error.code(), value.where, ": [", section, "] ", key, ": ", error.what());
    }
    return;
  }
  fail(ExitCode::config, value.where, ": unknown key '", key, "' in [", section, "]",
       suggestion(key, keys), " (see `setsz options`)");
}

void Configuration::validate_values() {
  for (auto const& [full, value] : values_)
    gather(value.line, [&, &name = full, &text = value] { validate_value(name, text); });
  if (problems_.empty()) return;
  std::stable_sort(problems_.begin(), problems_.end(),
                   [](auto const& a, auto const& b) { return a.first < b.first; });
  std::vector<std::string> texts;
  for (auto const& [line, text] : problems_) texts.push_back(text);
  fail(ExitCode::config, join(texts, "\n  "));
}

/// Keeps a mistake, so that all can be reported at once.
void Configuration::gather(int line, std::function<void()> const& body) {
  try {
    body();
  } catch (Error const& error) {
    problems_.emplace_back(line, error.what());
  }
}

void Configuration::fill_from(std::string_view section,
                              std::vector<OptionList::Entry> const& entries) const {
  for (auto const& entry : entries) {
    auto const value = values_.find(concat(section, ".", entry.key));
    if (value != values_.end()) entry.parse(value->second.text);
  }
}

/// The plain section of a family comes first: its members override it.
void Configuration::fill(std::string_view name,
                         std::vector<OptionList::Entry> const& entries) const {
  auto const dot = name.find('.');
  if (dot != std::string_view::npos) fill_from(name.substr(0, dot), entries);
  fill_from(name, entries);
}

void Configuration::refuse_key(std::string const& section, std::string const& key,
                               std::string_view why) const {
  auto const family = section.substr(0, section.find('.'));
  auto const& own = has(section) ? section : family;
  auto const value = values_.find(concat(own, ".", key));
  if (value == values_.end()) return;
  auto const instance = schema_for(own, value->second.where).make();
  auto const entry = std::ranges::find(instance.entries, key, &OptionList::Entry::key);
  require(entry != instance.entries.end(), ExitCode::internal, "[", own, "] has no key ", key);
  if (own != family) fill_from(family, instance.entries);
  auto const without = entry->text();
  entry->parse(value->second.text);
  require(entry->text() == without, ExitCode::config, value->second.where, ": [", own, "] ", key,
          " ", why);
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
