// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/beam_kernel.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <numbers>
#include <sstream>

#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/units.hpp"

namespace setsz {
namespace {

constexpr double most_left_out = 1e-3, farthest = 10 * units::degree;
constexpr double most_l = 1e5;  // of a beam of a few seconds of arc

/// B(theta), and the share of it within theta.
struct WindowSums {
  double beam, within;
};

/// \source Legendre recurrence; (2 l + 1) P_l = d/dx (P_{l+1} - P_{l-1})
WindowSums sums_at(std::span<double const> window, double theta) {
  double const x = std::cos(theta);
  double below = 1, here = x;  // P_{l-1}, P_l
  WindowSums sums{window[0], window[0] * (1 - x) / 2};
  for (std::size_t i = 1; i < window.size(); ++i) {
    double const l = real(i), above = ((2 * l + 1) * x * here - l * below) / (l + 1);
    sums.beam += (2 * l + 1) * window[i] * here;
    sums.within += window[i] * (below - above) / 2;
    below = here;
    here = above;
  }
  return {sums.beam / (4 * std::numbers::pi), sums.within};
}

struct Line {
  double l, value;
};

std::vector<Line> read_lines(std::string const& path) {
  std::ifstream in(path);
  require(in.good(), ExitCode::missing_input, "cannot read the beam '", path,
          "'; give a text file with the columns l and B_l");
  std::vector<Line> lines;
  std::string text;
  for (std::int64_t number = 1; std::getline(in, text); ++number) {
    std::replace(text.begin(), text.end(), ',', ' ');
    std::istringstream words(text);
    std::string first;
    if (!(words >> first) || first[0] == '#') continue;
    std::istringstream again(text);
    Line line{};
    require(static_cast<bool>(again >> line.l >> line.value) && std::isfinite(line.value),
            ExitCode::bad_data, "'", path, "', line ", number, ": '", text.substr(0, 40),
            "' is not l and B_l, two numbers");
    require(line.l >= 0 && line.l == std::floor(line.l) && line.l <= most_l &&
                (lines.empty() || line.l > lines.back().l),
            ExitCode::bad_data, "'", path, "', line ", number, ": l = ", line.l,
            " must be a whole number up to ", most_l, ", larger than the one before it");
    lines.push_back(line);
  }
  return lines;
}

}  // namespace

template <class Beam>
BeamKernel::BeamKernel(double reach, double fwhm, Beam const& of_angle)
    : reach_(reach), fwhm_(fwhm) {
  constexpr std::size_t n = 4096;
  double const chord = 2 * std::sin(reach / 2), step = chord * chord / n;
  per_step_ = 1 / step;
  for (std::size_t i = 0; i <= n; ++i)
    table_.push_back(of_angle(2 * std::asin(std::sqrt(step * real(i)) / 2)));
}

BeamKernel BeamKernel::gaussian(double fwhm) {
  double const sigma = fwhm / std::sqrt(8 * std::log(2.0));
  constexpr double reach_sigma = 5;  // 4e-6 of the beam lies beyond
  return {reach_sigma * sigma, fwhm,
          [&](double theta) { return std::exp(-theta * theta / (2 * sigma * sigma)); }};
}

BeamKernel BeamKernel::of_window(std::span<double const> window) {
  double const step = std::numbers::pi / (4 * real(std::max<std::size_t>(window.size(), 64)));
  double const peak = sums_at(window, 0).beam,
               left_out = std::abs(1 - sums_at(window, farthest).within);
  require(left_out < most_left_out, ExitCode::config, "[sky] beam_file: ", 100 * left_out,
          "% of the beam lies beyond ", farthest / units::degree, " degrees (at most ",
          100 * most_left_out, "%); is its second column B_l?");
  double reach = 0, half = 0, before = peak;
  for (double theta = step; theta < farthest; theta += step) {
    auto const [beam, within] = sums_at(window, theta);
    if (half == 0 && beam < peak / 2) half = theta - step * (peak / 2 - beam) / (before - beam);
    before = beam;
    if (std::abs(1 - within) > most_left_out) reach = theta + step;
  }
  return {reach, 2 * half, [&](double theta) { return sums_at(window, theta).beam; }};
}

std::vector<double> read_beam_window(std::string const& path) {
  auto const lines = read_lines(path);
  constexpr double lowest_start = 2, end = 0.01;
  require(lines.size() > 1 && lines.front().l <= lowest_start && lines.front().value > 0,
          ExitCode::bad_data, "'", path, "': a beam begins at l = 0 to ", lowest_start,
          " with B_l > 0, and has several l");
  double const first = lines.front().value, last = lines.back().value / first;
  require(std::abs(last) < end, ExitCode::bad_data, "'", path, "' ends at l = ", lines.back().l,
          ", where B_l is ", last, " of its first value; it must go on until that is below ", end);
  std::vector<double> window;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    auto const& [l, value] = lines[i];
    if (i == 0) window.assign(static_cast<std::size_t>(l), 1);
    double const begin = i > 0 ? lines[i - 1].l : l - 1;
    for (double at = real(window.size()); at <= l; ++at) {
      double const t = i > 0 ? (at - begin) / (l - begin) : 1;
      window.push_back((i > 0 ? (1 - t) * lines[i - 1].value + t * value : value) / first);
    }
  }
  return window;
}

}  // namespace setsz
