// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/base/option_list.hpp"

namespace setsz {

/// A section that a program knows: `[extract]`, or a family: `[train.NAME]`, any number of them,
/// whose common defaults the plain section `[train]` holds.
struct SectionSchema {
  std::string section;  ///< "extract" or "train"
  bool family = false;
  std::string help;

  /// A set of options with default values, and the entries that read and write them.
  struct Instance {
    std::shared_ptr<void> options;
    std::vector<OptionList::Entry> entries;
  };
  std::function<Instance()> make;
};

template <class Options>
SectionSchema schema_of(bool family = false) {
  return {std::string(Options::section), family, std::string(Options::help), [] {
            auto options = std::make_shared<Options>();
            OptionList list;
            options->declare(list);
            return SectionSchema::Instance{options, list.entries()};
          }};
}

/// A configuration file with the overrides of the command line: text values by section and key.
///
/// Parsing knows no stage; `get` fills a struct and checks types and ranges. Every error is an
/// Error(config) with file, line, key, found and wanted.
class Configuration {
 public:
  /// \param text       the file's content (rank 0 reads it and broadcasts)
  /// \param overrides  "section.key=value" from --set
  /// \param schemas    all sections that exist: an unknown section or key is an error that names
  ///                   the nearest one
  static Configuration parse(std::string const& text, std::string const& path,
                             std::vector<std::string> const& overrides,
                             std::vector<SectionSchema> const& schemas);

  /// The options of a section: Options::section, or `name` of a family ("train.origin": the
  /// defaults of [train], then what [train.origin] says, if there is such a section).
  template <class Options>
  Options get(std::string_view name = Options::section) const {
    Options options;
    OptionList list;
    options.declare(list);
    fill(name, list.entries());
    check(name, [&] { options.validate(); });
    return options;
  }
  /// The names in a family, in the file's order: {"z0", "z05"} for "snapshot".
  std::vector<std::string> names(std::string_view family) const;
  /// Does a section of this name stand in the file or in an override?
  bool has(std::string_view section) const;
  /// All keys of a section with their values, in the form that the program gives them.
  std::vector<std::pair<std::string, std::string>> texts(std::string const& section) const;
  /// What the section itself sets a key to: "train.origin" and "seeds"; not the defaults of the
  /// plain section.
  std::optional<std::string> text_of(std::string_view section, std::string_view key) const;
  /// Throws Error(config) where a section sets a key that means nothing there, to another value
  /// than the key has without it (RUN/used.ini sets every key). A section that does not stand in
  /// the file is that of its family: [sky] for sky.NAME.
  /// \param why  the end of the message, after the name of the key
  void refuse_key(std::string const& section, std::string const& key, std::string_view why) const;
  /// Where it stands: "demo.ini:12" or "--set".
  std::string where(std::string_view section) const;
  /// The whole configuration as text, every key with its value, ready to be read again.
  std::string resolved() const;
  std::string const& path() const { return path_; }

 private:
  struct Value {
    std::string text;
    std::string where;  ///< "demo.ini:12" or "--set"
    int line = 0;
  };
  void fill(std::string_view name, std::vector<OptionList::Entry> const& entries) const;
  void fill_from(std::string_view section, std::vector<OptionList::Entry> const& entries) const;
  void read(std::string const& text);
  void read_override(std::string const& assignment);
  SectionSchema const& schema_for(std::string const& section, std::string const& where) const;
  void add_section(std::string const& name, std::string const& where);
  void validate_value(std::string const& full, Value const& value) const;
  void validate_values();
  void gather(int line, std::function<void()> const& body);
  void check(std::string_view name, std::function<void()> const& validate) const;

  std::string path_;
  std::map<std::string, Value> values_;  ///< by "section.key"
  struct Section {
    std::string name;
    std::string where;
  };
  std::vector<Section> sections_;  ///< in the file's order
  std::vector<SectionSchema> schemas_;
  std::vector<std::pair<int, std::string>> problems_;  ///< with their line; while it is read
};

/// The manual for the terminal, docs/options.md and configs/default.ini, from the schemas.
std::string options_text(std::vector<SectionSchema> const& schemas);
std::string options_manual(std::vector<SectionSchema> const& schemas);
std::string default_configuration(std::vector<SectionSchema> const& schemas);

}  // namespace setsz
