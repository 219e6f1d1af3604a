// SPDX-License-Identifier: BSD-3-Clause
#include "stages/train/state_work.hpp"

#include <cstring>
#include <nlohmann/json.hpp>

#include "pipeline/base/error.hpp"

namespace setsz {

namespace {

/// Unit of the record that holds the description and the names of the tensors, as JSON; the
/// tensors follow in this order.
constexpr std::int64_t description_unit = 0;

std::string head_of(ModelState const& state) {
  auto names = nlohmann::json::array();
  for (auto const& [name, tensor] : state.tensors) names.push_back(name);
  return nlohmann::json{{"description", state.description}, {"tensors", names}}.dump();
}

}  // namespace

void save_state(Context& context, ModelState const& state, std::int64_t position) {
  auto& journal = context.journal();
  journal.restart();
  if (context.comm().is_root()) {
    auto const head = head_of(state);
    journal.append(description_unit, std::as_bytes(std::span(head)));
    auto unit = description_unit;
    for (auto const& [name, tensor] : state.tensors)
      journal.append(++unit, std::as_bytes(std::span(tensor.values)));
  }
  journal.commit(position);
}

ModelState restore_state(Context& context) {
  auto const& comm = context.comm();
  std::string head;
  std::vector<std::vector<float>> values;
  context.journal().deliver([](std::int64_t) { return 0; },
                            [&](Journal::Record const& record) {
                              auto const* data = reinterpret_cast<char const*>(record.bytes.data());
                              if (record.unit == description_unit) {
                                head.assign(data, record.bytes.size());
                              } else {
                                auto& tensor =
                                    values.emplace_back(record.bytes.size() / sizeof(float));
                                std::memcpy(tensor.data(), data, record.bytes.size());
                              }
                            });
  head = comm.broadcast(std::move(head), 0);
  ModelState state;
  std::vector<std::string> names;
  collectively(comm, "train: resuming", [&] {
    auto const json = nlohmann::json::parse(head);
    state.description = json.at("description");
    json.at("tensors").get_to(names);
    require(!comm.is_root() || names.size() == values.size(), ExitCode::bad_data,
            "the journal of the training holds ", values.size(), " tensors, expected ",
            names.size(), "; start again with --force");
  });
  values.resize(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    values[i] = comm.broadcast(std::move(values[i]), 0);
    state.tensors[names[i]] = {{std::ssize(values[i])}, values[i]};
  }
  return state;
}

}  // namespace setsz
