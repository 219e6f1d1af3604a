// SPDX-License-Identifier: BSD-3-Clause
#include "stages/predict/cluster_list.hpp"

#include <array>
#include <charconv>

#include "pipeline/base/error.hpp"

namespace setsz {
namespace {

/// Grows a text by comma-separated values.
class Line {
 public:
  explicit Line(std::string& text) : text_(text) {}
  void add(std::string_view word) {
    if (!std::exchange(first_, false)) text_ += ',';
    text_ += word;
  }
  template <class Number>
  void add_number(Number value) {
    std::array<char, 32> digits{};
    auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    add({digits.data(), end});
  }
  void end() { text_ += '\n'; }

 private:
  std::string& text_;
  bool first_ = true;
};

/// "origin_shift_x": of a state with one number just its name.
std::string component(ClusterStateInfo const& state, std::int64_t i) {
  if (state.size == 1) return state.dataset;
  constexpr std::array<char const*, 3> axes{"x", "y", "z"};
  bool const vector = state.size == 3 && !state.frame.empty();
  return concat(state.dataset, "_", vector ? axes[i] : std::to_string(i));
}

void add_names(std::string& text, ClusterFigures const& figures) {
  Line line(text);
  for (auto const* name : {"id", "cluster", "x [ckpc/h]", "y [ckpc/h]", "z [ckpc/h]",
                           "M200 [1e10 Msun/h]", "R200 [ckpc/h]", "Y [(kpc/h)^2]", "flux_factor"})
    line.add(name);
  for (auto const& state : figures.states)
    for (std::int64_t i = 0; i < state.size; ++i)
      line.add(concat(component(state, i), state.unit.empty() || state.unit == "1"
                                               ? std::string()
                                               : concat(" [", state.unit, "]")));
  for (auto const& [name, values] : figures.flags) line.add(name);
  line.end();
}

}  // namespace

std::string cluster_list(ClusterTable const& table, ClusterFigures const& figures) {
  std::string text;
  add_names(text, figures);
  for (std::size_t i = 0; i < figures.rows.size(); ++i) {
    auto const& cluster = table.clusters.at(figures.rows[i]);
    Line line(text);
    line.add_number(cluster.id);
    line.add_number(figures.rows[i]);
    for (std::size_t axis = 0; axis < 3; ++axis) line.add_number(cluster.position[axis]);
    for (double const value :
         {cluster.m200c, cluster.r200c, figures.y.at(i), figures.flux_factor.at(i)})
      line.add_number(value);
    for (std::size_t s = 0; s < figures.states.size(); ++s) {
      auto const size = static_cast<std::size_t>(figures.states[s].size);
      for (std::size_t k = 0; k < size; ++k) line.add_number(figures.values[s].at(i * size + k));
    }
    for (auto const& [name, values] : figures.flags) line.add_number(int{values.at(i)});
    line.end();
  }
  return text;
}

}  // namespace setsz
