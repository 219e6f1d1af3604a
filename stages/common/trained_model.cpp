// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/trained_model.hpp"

#include <nlohmann/json.hpp>

#include "model/model_file.hpp"
#include "pipeline/base/path_text.hpp"
#include "stages/common/trained_choice.hpp"

namespace setsz {

namespace {

/// [model.NAME] without the network, whose options may not fit together before they are complete.
struct TrainedKeys : TrainedChoice {
  static constexpr std::string_view section = "model";
};

TrainedModel read_one(std::string const& path) {
  auto const description = read_model(path).description;
  TrainedModel model;
  try {
    description.at("network").get_to(model.network);
    OptionList list;
    model.network.declare(list);
    for (auto const& entry : list.entries())
      if (entry.affects == Affects::prediction && description.at("prediction").contains(entry.key))
        entry.parse(description.at("prediction").at(entry.key).get<std::string>());
    description.at("trained_on").get_to(model.on);
    description.at("inputs").get_to(model.inputs);
    require(description.at("columns").get<ClusterColumns>() == model.network.columns(),
            ExitCode::config, "'", path,
            "' was trained with other cluster scalars or vectors than this version extracts; "
            "train it again");
  } catch (nlohmann::json::exception const& error) {
    fail(ExitCode::bad_data, "'", path, "' lacks what its use in another run requires (",
         error.what(), "); it was written by another version of setsz, train it again");
  } catch (Error const& error) {
    if (error.code() != ExitCode::bad_data) throw;
    fail(ExitCode::bad_data, "'", path, "': ", error.what());
  }
  return model;
}

void require_same(NetworkOptions const& first, NetworkOptions const& other,
                  std::string const& first_path, std::string const& other_path) {
  auto const a = first.texts(), b = other.texts();
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    auto const text = [&](auto const& texts) {
      return i < texts.size() ? concat(texts[i].first, " = ", texts[i].second)
                              : std::string("nothing more");
    };
    require(text(a) == text(b), ExitCode::config, "'", first_path, "' and '", other_path,
            "' are different networks (", text(a), " and ", text(b),
            "): their mean is not one model; give each a [model.NAME] of its own");
  }
}

/// The value of a key in the form that the program gives it.
std::string canonical(NetworkOptions options, std::string const& key, std::string const& text) {
  OptionList list;
  options.declare(list);
  for (auto const& entry : list.entries()) {
    if (entry.key != key) continue;
    entry.parse(text);
    return entry.text();
  }
  return text;
}

/// The assignments that complete a configuration, one model after the other.
class Settings {
 public:
  explicit Settings(Configuration const& configuration) : configuration_(configuration) {}

  void add_model(std::string const& name) {
    auto const section = "model." + name;
    auto const keys = configuration_.get<TrainedKeys>(section);
    if (!keys.any()) return;
    auto const files = keys.files();
    auto const model = read_trained(files);
    bool const as_it_is = !configuration_.has("train." + name);
    set(section, "trained", without_variables(join(files, ", ")));
    for (auto const* key : {"trained_snapshot", "trained_model", "trained_folds", "trained_seeds"})
      if (configuration_.text_of(section, key)) set(section, key, "");
    for (auto const& [key, text] : model.network.texts()) {
      auto const own = configuration_.text_of(section, key);
      if (!own) set(section, key, text);
      if (own && as_it_is)
        require_equal(section, key, canonical(model.network, key, *own), text, files.front());
    }
    for (auto const& [key, text] : model.network.texts(Affects::prediction))
      if (!configuration_.text_of(section, key)) set(section, key, text);
    for (auto const& [full, text] : model.inputs) add_input(full, text, files.front(), as_it_is);
  }

  std::vector<std::string> const& all() const { return settings_; }

 private:
  void set(std::string const& section, std::string const& key, std::string const& text) {
    settings_.push_back(concat(section, ".", key, "=", text));
  }

  /// An option of a section that models share.
  void add_input(std::string const& full, std::string const& text, std::string const& file,
                 bool as_it_is) {
    auto const dot = full.find('.');
    auto const section = full.substr(0, dot), key = full.substr(dot + 1);
    auto const known = inputs_.find(full);
    require(known == inputs_.end() || known->second.text == text, ExitCode::config, "'", file,
            "' was trained with [", section, "] ", key, " = ", text, ", '",
            known == inputs_.end() ? "" : known->second.file, "' with ",
            known == inputs_.end() ? "" : known->second.text,
            ": one run cannot apply both; give each a run of its own");
    if (known != inputs_.end()) return;
    inputs_[full] = {text, file};
    if (!configuration_.text_of(section, key)) return set(section, key, text);
    for (auto const& [own_key, own] : configuration_.texts(section))
      if (own_key == key && as_it_is) require_equal(section, key, own, text, file);
  }

  void require_equal(std::string const& section, std::string const& key, std::string const& own,
                     std::string const& text, std::string const& file) const {
    require(own == text, ExitCode::config, configuration_.where(section), ": [", section, "] ", key,
            " = ", own, ", but '", file, "' was trained with ", key, " = ", text,
            "; remove the key (a trained model has its options from its file)");
  }

  struct Input {
    std::string text, file;
  };
  Configuration const& configuration_;
  std::map<std::string, Input> inputs_;  ///< by "section.key"
  std::vector<std::string> settings_;
};

}  // namespace

TrainedModel read_trained(std::span<std::string const> files) {
  require(!files.empty(), ExitCode::internal, "a trained model without a file");
  auto model = read_one(files.front());
  for (auto const& path : files.subspan(1)) {
    auto const other = read_one(path);
    require_same(model.network, other.network, files.front(), path);
    require_comparable(other.on, model.on.mass_definition, concat("'", path, "'"));
    require(other.inputs == model.inputs, ExitCode::config, "'", files.front(), "' and '", path,
            "' were trained with other options of [extract] or [moments]: their mean is not one "
            "model; apply each in a run of its own");
    model.on = hull(model.on, other.on);
  }
  return model;
}

std::vector<std::string> trained_settings(Configuration const& configuration) {
  Settings settings(configuration);
  for (auto const& name : configuration.names("model")) settings.add_model(name);
  return settings.all();
}

}  // namespace setsz
