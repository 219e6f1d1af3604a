// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/partition.hpp"
#include "pipeline/base/number.hpp"

#include <algorithm>
#include <cmath>

namespace setsz {
namespace {

/// Where a l^2 + b l + c < 0 within (-reach, reach); at most two pieces.
void add_negative_part(double a, double b, double c, double reach, std::vector<LinePart>& parts) {
  auto const add = [&](double first, double last) {
    first = std::max(first, -reach);
    last = std::min(last, reach);
    if (first < last) parts.push_back({first, last});
  };
  double const discriminant = b * b - 4 * a * c;
  if (discriminant <= 0) {
    if (c < 0) add(-reach, reach);  // never zero: the sign is that of l = 0
    return;
  }
  // The stable form of the roots: no difference of nearly equal numbers.
  double const q = -0.5 * (b + std::copysign(std::sqrt(discriminant), b));
  double const far = a != 0 ? q / a : std::copysign(HUGE_VAL, q);
  double const near = q != 0 ? c / q : 0;
  double const low = std::min(far, near), high = std::max(far, near);
  if (a > 0) {
    add(low, high);
  } else if (a < 0) {
    add(-reach, low);
    add(high, reach);
  } else if (b > 0) {
    add(-reach, near);
  } else {
    add(near, reach);
  }
}

void merge(std::vector<LinePart>& parts) {
  std::sort(parts.begin(), parts.end(),
            [](LinePart const& p, LinePart const& q) { return p.first < q.first; });
  std::size_t n = 0;
  for (auto const& part : parts) {
    if (n > 0 && part.first <= parts[n - 1].last) {
      parts[n - 1].last = std::max(parts[n - 1].last, part.last);
    } else {
      parts[n++] = part;
    }
  }
  parts.resize(n);
}

}  // namespace

Claims::Claims(double own_r200, std::int64_t own_row, std::vector<Neighbour> neighbours,
               double reach_r200)
    : own_r2_(own_r200 * own_r200),
      row_(own_row),
      neighbours_(std::move(neighbours)),
      reach_r200_(reach_r200) {}

Claims Claims::on_cluster(double r200, std::int64_t row, std::vector<Neighbour> neighbours,
                          double reach_r200) {
  return {r200, row, std::move(neighbours), reach_r200};
}

Claims Claims::on_fill(std::vector<Neighbour> neighbours, double reach_r200) {
  return {0, -1, std::move(neighbours), reach_r200};
}

bool Claims::taken(Vec3 const& point) const {
  double const own = own_r2_ > 0 ? norm2(point) / own_r2_ : HUGE_VAL;
  for (auto const& other : neighbours_) {
    double const ratio2 = norm2(point - other.offset) / (other.r200 * other.r200);
    if (ratio2 < reach_r200_ * reach_r200_ && (ratio2 < own || (ratio2 == own && other.row < row_)))
      return true;
  }
  return false;
}

std::optional<bool> Claims::taken(Vec3 const& centre, double radius) const {
  // Moving by `radius` changes r/R200 by radius/R200 at most.
  bool none = true;
  double const r = norm(centre), own_r = std::sqrt(own_r2_);
  double const low = own_r2_ > 0 ? (r - radius) / own_r : HUGE_VAL;
  double const high = own_r2_ > 0 ? (r + radius) / own_r : HUGE_VAL;
  for (auto const& other : neighbours_) {
    double const apart = norm(centre - other.offset);
    if ((apart + radius) / other.r200 < std::min(reach_r200_, low)) return true;
    none = none && (apart - radius) / other.r200 > std::min(reach_r200_, high);
  }
  return none ? std::optional(false) : std::nullopt;
}

bool Claims::swallow(double reach) const {
  return own_r2_ == 0 && std::ranges::any_of(neighbours_, [&](Neighbour const& other) {
           double const left = reach_r200_ * other.r200 - reach;
           return left > 0 && norm2(other.offset) <= left * left;
         });
}

Claims::ShellCut Claims::cut(Neighbour const& other) const {
  double const r2 = other.r200 * other.r200, d = norm(other.offset);
  double const apart = std::max(d, 1e-9 * other.r200);  // in one place: all of a shell, or nothing
  bool const cluster = own_r2_ > 0;
  return {other.offset / apart, (cluster ? 1 - r2 / own_r2_ : 1) / (2 * apart),
          (d * d - (cluster ? 0 : reach_r200_ * reach_r200_ * r2)) / (2 * apart)};
}

std::optional<Claims::Ball> Claims::ball(Neighbour const& other) const {
  double const r2 = other.r200 * other.r200;
  if (own_r2_ == 0) return Ball{other.offset, reach_r200_ * reach_r200_ * r2};
  // Apollonius' sphere of the ratio of the radii.
  double const k2 = r2 / own_r2_;
  if (k2 > 0.999) return {};
  return Ball{other.offset / (1 - k2), k2 * norm2(other.offset) / ((1 - k2) * (1 - k2))};
}

Claims Claims::rotated(Mat3 const& rotation) const {
  Claims turned = *this;
  for (auto& other : turned.neighbours_) other.offset = rotation * other.offset;
  return turned;
}

void Claims::along(Vec3 const& foot, Vec3 const& direction, double reach,
                   std::vector<LinePart>& taken) const {
  taken.clear();
  double const foot2 = norm2(foot);
  for (auto const& other : neighbours_) {
    // |q - o|^2 < limit with q = foot + l direction; limit is (2 R)^2 in the fill, and for a
    // cluster R^2 |q|^2 / R_own^2, which makes the leading coefficient other than 1.
    double const r2 = other.r200 * other.r200;
    bool const cluster = own_r2_ > 0;
    double const a = cluster ? 1 - r2 / own_r2_ : 1;
    double const b = -2 * dot(direction, other.offset);
    double const c = norm2(other.offset) - 2 * dot(foot, other.offset) + a * foot2 -
                     (cluster ? 0 : reach_r200_ * reach_r200_ * r2);
    add_negative_part(a, b, c, reach, taken);
  }
  merge(taken);
}

NetworkSpheres::NetworkSpheres(PeriodicBox box, std::vector<Vec3> centres, std::vector<double> r200)
    : box_(box), centres_(std::move(centres)), r200_(std::move(r200)) {
  for (double const r : r200_) largest_r200_ = std::max(largest_r200_, r);
  double const edge = std::max(2 * network_reach_r200 * largest_r200_, box_.edge() / 128);
  n_cells_ = std::max<std::int64_t>(1, static_cast<std::int64_t>(box_.edge() / edge));
  auto const cell = [&](std::size_t i) {
    Vec3 const& p = centres_[i];
    return (cell_of(p.x) * n_cells_ + cell_of(p.y)) * n_cells_ + cell_of(p.z);
  };
  first_in_cell_.assign(n_cells_ * n_cells_ * n_cells_ + 1, 0);
  for (std::size_t i = 0; i < centres_.size(); ++i) ++first_in_cell_[cell(i) + 1];
  for (std::size_t c = 1; c < first_in_cell_.size(); ++c)
    first_in_cell_[c] += first_in_cell_[c - 1];
  rows_.resize(centres_.size());
  auto next = first_in_cell_;
  for (std::size_t i = 0; i < centres_.size(); ++i) {
    rows_[next[cell(i)]++] = static_cast<std::int64_t>(i);
  }
}

std::int64_t NetworkSpheres::cell_of(double coordinate) const {
  auto const cell = static_cast<std::int64_t>(coordinate / box_.edge() * real(n_cells_));
  return std::clamp<std::int64_t>(cell, 0, n_cells_ - 1);
}

std::vector<Neighbour> NetworkSpheres::near(Vec3 const& centre, double radius,
                                            std::int64_t except_row, double reach_r200) const {
  std::vector<Neighbour> found;
  double const reach = radius + reach_r200 * largest_r200_;
  double const cell_edge = box_.edge() / real(n_cells_);
  std::int64_t const span =
      std::min(n_cells_, 1 + 2 * static_cast<std::int64_t>(std::ceil(reach / cell_edge)));
  auto const first = [&](double x) { return cell_of(box_.wrap(x)) - span / 2 + n_cells_; };
  for (std::int64_t i = 0; i < span; ++i) {
    for (std::int64_t j = 0; j < span; ++j) {
      for (std::int64_t k = 0; k < span; ++k) {
        auto const cell = static_cast<std::size_t>(
            ((first(centre.x) + i) % n_cells_ * n_cells_ + (first(centre.y) + j) % n_cells_) *
                n_cells_ +
            (first(centre.z) + k) % n_cells_);
        for (auto at = first_in_cell_[cell]; at < first_in_cell_[cell + 1]; ++at) {
          auto const row = static_cast<std::size_t>(rows_[at]);
          Vec3 const offset = box_.offset(centre, centres_[row]);
          double const touch = radius + reach_r200 * r200_[row];
          if (norm2(offset) < touch * touch && static_cast<std::int64_t>(row) != except_row)
            found.push_back({offset, r200_[row], static_cast<std::int64_t>(row)});
        }
      }
    }
  }
  std::sort(found.begin(), found.end(),
            [](Neighbour const& p, Neighbour const& q) { return p.row < q.row; });
  return found;
}

}  // namespace setsz
