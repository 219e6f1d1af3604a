// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/shell_share.hpp"

#include <algorithm>
#include <boost/math/quadrature/gauss.hpp>
#include <cmath>
#include <numbers>

#include "pipeline/base/number.hpp"

namespace setsz {

using boost::math::quadrature::gauss;
using std::numbers::pi;

namespace {

/// Up to this r/D the brightness of a shell is 1/chi^2 to first order in the angle.
constexpr double largest_slope = 0.05;

double angle_of(double cosine) { return std::acos(std::clamp(cosine, -1.0, 1.0)); }

/// D^2/chi^2 over a shell of radius x D: its mean, and its mean times 3 cos(angle to the line of
/// sight).
struct Dimming {
  double mean, slope;
};
inline Dimming small_dimming(double x) {
  double const q = x * x;
  return {1 + q * (1.0 / 3 + q * (1.0 / 5 + q / 7)), -x * (2 + q * (0.8 + q * (18.0 / 35)))};
}
Dimming dimming(double x) {
  if (x < largest_slope) return small_dimming(x);
  double const q = x * x;
  double const mean = std::atanh(x) / x;
  return {mean, 1.5 * (1 - (1 + q) * mean) / x};
}

struct Shell {
  double energy, radius;  ///< the energy's mean radius, to second order in the thickness
};
Shell shell_of(std::span<double const> enclosed, double node, std::size_t index) {
  std::size_t const n = (enclosed.size() - 1) / ShellShare::n_shares;
  std::size_t const low = index * n;
  double const inner = enclosed[low + n / 2] - enclosed[low];
  double const outer = enclosed[low + n] - enclosed[low + n / 2], energy = inner + outer;
  double const shift = energy > 0 ? real(n) / 4 * (outer - inner) / energy : 0;
  return {energy, node * (real(low) + real(n) / 2 + shift)};
}

}  // namespace

ShellShare::Part& ShellShare::Part::operator+=(Part const& other) {
  area += other.area;
  vector += other.vector;
  return *this;
}

ShellShare::ShellShare(Claims const& claims, std::optional<Vec3> const& centre) {
  for (auto const& other : claims.neighbours()) cuts_.push_back(claims.cut(other));
  if (centre) {
    towards_ = unit(*centre);
    per_distance_ = 1 / norm(*centre);
  }
  Vec3 const side = std::abs(towards_.x) < 0.5 ? Vec3{1, 0, 0} : Vec3{0, 1, 0};
  east_ = unit(setsz::cross(side, towards_));
  north_ = setsz::cross(towards_, east_);
}

bool ShellShare::find_caps(double radius) {
  caps_.clear();
  for (auto const& cut : cuts_) {
    double const cosine = cut.near * radius + cut.far / radius;
    if (cosine <= -1) return false;
    if (cosine < 1) add_cap({cut.axis, cosine});
  }
  return true;
}

void ShellShare::add_cap(Cap const& cap) {
  // Does one cap hold the other? The angle between the axes plus that of the small one is at most
  // that of the large one.
  auto const holds = [](Cap const& large, Cap const& small) {
    if (large.cosine > small.cosine) return false;
    double const difference =
        large.cosine * small.cosine +
        std::sqrt((1 - large.cosine * large.cosine) * (1 - small.cosine * small.cosine));
    return dot(large.axis, small.axis) >= difference;
  };
  for (auto const& other : caps_)
    if (holds(other, cap)) return;
  std::erase_if(caps_, [&](Cap const& other) { return holds(cap, other); });
  caps_.push_back(cap);
}

ShellShare::Part ShellShare::part_of(Cap const& cap) {
  return {(1 - cap.cosine) / 2, (1 - cap.cosine * cap.cosine) / 4 * cap.axis};
}

bool ShellShare::cross(Cap const& a, Cap const& b) {
  double const sines = std::sqrt((1 - a.cosine * a.cosine) * (1 - b.cosine * b.cosine));
  double const apart = dot(a.axis, b.axis), both = a.cosine * b.cosine;
  return apart > both - sines && apart < both + sines;
}

/// Gauss-Bonnet for the area; the vector area is half the integral of r x dr around the lens.
ShellShare::Part ShellShare::lens(Cap const& a, Cap const& b) {
  double const apart = dot(a.axis, b.axis), sine = std::sqrt(1 - apart * apart);
  double const sine_a = std::sqrt(1 - a.cosine * a.cosine);
  double const sine_b = std::sqrt(1 - b.cosine * b.cosine);
  // Of the triangle of the axes and a corner of the lens: the angle at the corner, at the axes.
  double const corner = angle_of((apart - a.cosine * b.cosine) / (sine_a * sine_b));
  double const at_a = angle_of((b.cosine - apart * a.cosine) / (sine * sine_a));
  double const at_b = angle_of((a.cosine - apart * b.cosine) / (sine * sine_b));
  Vec3 const to_b = (b.axis - apart * a.axis) / sine, to_a = (a.axis - apart * b.axis) / sine;
  double const area = 2 * (pi - corner - at_a * a.cosine - at_b * b.cosine);
  Vec3 const vector = sine_a * sine_a * at_a * a.axis - a.cosine * sine_a * std::sin(at_a) * to_b +
                      sine_b * sine_b * at_b * b.axis - b.cosine * sine_b * std::sin(at_b) * to_a;
  return {area / (4 * pi), vector / (4 * pi)};
}

std::optional<ShellShare::Part> ShellShare::taken_together() const {
  Part sum{};
  for (std::size_t i = 0; i < caps_.size(); ++i) {
    sum += part_of(caps_[i]);
    for (std::size_t j = 0; j < i; ++j) {
      if (cross(caps_[i], caps_[j])) {
        for (std::size_t k = 0; k < j; ++k)
          if (cross(caps_[i], caps_[k]) && cross(caps_[j], caps_[k])) return {};
        Part const both = lens(caps_[i], caps_[j]);
        sum += {-both.area, -both.vector};
      } else if (caps_[i].cosine + caps_[j].cosine < 0) {
        return {};  // they cover the whole sphere
      }
    }
  }
  return sum;
}

double ShellShare::left(double radius) {
  if (!find_caps(radius)) return 0;
  double const x = radius * per_distance_;
  auto const [mean, slope] = dimming(x);
  if (caps_.empty()) return mean;
  if (x < largest_slope)
    if (auto const taken = taken_together())
      return std::max(0.0, mean * (1 - taken->area) - slope * dot(taken->vector, towards_));
  return left_by_rings(x);
}

double ShellShare::free_arc(double cosine, double sine) {
  // Azimuth about the line of sight, in turns; a cap is an arc.
  arcs_.clear();
  for (auto const& cap : caps_) {
    double const along = dot(cap.axis, towards_);
    double const e = dot(cap.axis, east_), n = dot(cap.axis, north_), across = std::hypot(e, n);
    double const left = cap.cosine - along * cosine, most = across * sine;
    if (left >= most) continue;
    if (left <= -most) return 0;
    double const half = std::acos(left / most) / (2 * pi);
    double const middle = std::atan2(n, e) / (2 * pi) + 1;
    double first = middle - half;
    first -= std::floor(first);
    arcs_.push_back({first, std::min(first + 2 * half, 1.0)});
    if (first + 2 * half > 1) arcs_.push_back({0, first + 2 * half - 1});
  }
  std::sort(arcs_.begin(), arcs_.end(),
            [](LinePart const& p, LinePart const& q) { return p.first < q.first; });
  double free = 0, end = 0;
  for (auto const& arc : arcs_) {
    free += std::max(0.0, arc.first - end);
    end = std::max(end, arc.last);
  }
  return free + std::max(0.0, 1 - end);
}

double ShellShare::left_by_rings(double x) {
  // The free arc has kinks where a cap begins and ends, and where two edges cross.
  breaks_ = {0, pi};
  auto const add = [&](double angle) {
    if (angle > 0 && angle < pi) breaks_.push_back(angle);
  };
  for (std::size_t i = 0; i < caps_.size(); ++i) {
    Cap const& a = caps_[i];
    double const middle = angle_of(dot(a.axis, towards_)), half = angle_of(a.cosine);
    for (double const angle : {middle - half, half - middle, middle + half, 2 * pi - middle - half})
      add(angle);
    for (std::size_t j = 0; j < i; ++j) {
      Cap const& b = caps_[j];
      if (!cross(a, b)) continue;
      double const apart = dot(a.axis, b.axis), sine2 = 1 - apart * apart;
      double const share_a = (a.cosine - apart * b.cosine) / sine2;
      double const share_b = (b.cosine - apart * a.cosine) / sine2;
      Vec3 const between = share_a * a.axis + share_b * b.axis;
      double const out = std::sqrt(std::max(0.0, (1 - norm2(between)) / sine2));
      Vec3 const normal = setsz::cross(a.axis, b.axis);
      for (double const sign : {-1.0, 1.0})
        add(angle_of(dot(between + sign * out * normal, towards_)));
    }
  }
  std::sort(breaks_.begin(), breaks_.end());
  double sum = 0;
  for (std::size_t i = 1; i < breaks_.size(); ++i) {
    double const middle = (breaks_[i - 1] + breaks_[i]) / 2;
    double const half = (breaks_[i] - breaks_[i - 1]) / 2;
    if (half < 1e-9) continue;
    // Arcs begin like a square root: nodes crowd at the ends.
    sum += gauss<double, 10>::integrate(
        [&](double t) {
          double const angle = middle + half * std::sin(pi / 2 * t), cosine = std::cos(angle);
          double const sine = std::sin(angle);
          return free_arc(cosine, sine) * sine / (1 + x * x + 2 * x * cosine) * half * pi / 2 *
                 std::cos(pi / 2 * t);
        },
        -1.0, 1.0);
  }
  return sum / 2;
}

double ShellShare::left_of(std::span<double const> enclosed, double node) {
  if (cuts_.size() == 1 && real(enclosed.size()) * node * per_distance_ < largest_slope)
    return left_of_one(enclosed, node);
  double sum = 0;
  for (std::size_t i = 0; i < n_shares; ++i) {
    auto const [energy, radius] = shell_of(enclosed, node, i);
    if (energy != 0) sum += energy * left(radius);
  }
  return sum;
}

/// The same as a loop without branches.
double ShellShare::left_of_one(std::span<double const> enclosed, double node) {
  auto const [axis, near, far] = cuts_.front();
  double const towards = dot(axis, towards_);
  double sum = 0;
  for (std::size_t i = 0; i < n_shares; ++i) {
    auto const [energy, radius] = shell_of(enclosed, node, i);
    double const cosine = std::clamp(near * radius + far / radius, -1.0, 1.0);
    auto const [mean, slope] = small_dimming(radius * per_distance_);
    sum += energy * (1 + cosine) / 2 * (mean - slope * (1 - cosine) / 2 * towards);
  }
  return sum;
}

std::vector<double> ShellShare::shares(std::span<double const> enclosed, double node) {
  std::vector<double> all;
  for (std::size_t i = 0; i < n_shares; ++i)
    all.push_back(left(shell_of(enclosed, node, i).radius));
  return all;
}

Vec3 ShellShare::emptiest(double radius) {
  Vec3 taken{};
  find_caps(radius);
  for (auto const& cap : caps_) taken += part_of(cap).vector;
  return norm2(taken) > 0 ? -unit(taken) : towards_;
}

}  // namespace setsz
