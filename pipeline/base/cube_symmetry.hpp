// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "pipeline/base/vec3.hpp"

namespace setsz {

/// A rotation or reflection that maps a cube onto itself: axes are exchanged and reversed. Exact.
struct CubeSymmetry {
  static constexpr std::uint64_t count = 48;

  std::array<std::int8_t, 3> axis = {0, 1, 2};  ///< component i of the image is +- axis[i]
  std::array<std::int8_t, 3> sign = {1, 1, 1};

  /// \param index  0 (nothing is turned) to 47
  static constexpr CubeSymmetry number(std::uint64_t index);

  constexpr bool operator==(CubeSymmetry const&) const = default;
  constexpr Vec3 operator*(Vec3 const& v) const {
    return {sign[0] * v[component(0)], sign[1] * v[component(1)], sign[2] * v[component(2)]};
  }
  /// First `other`, then this.
  constexpr CubeSymmetry operator*(CubeSymmetry const& other) const {
    CubeSymmetry both;
    for (std::size_t i = 0; i < 3; ++i) {
      both.axis[i] = other.axis[component(i)];
      both.sign[i] = static_cast<std::int8_t>(sign[i] * other.sign[component(i)]);
    }
    return both;
  }
  constexpr CubeSymmetry inverse() const {
    CubeSymmetry back;
    for (std::size_t i = 0; i < 3; ++i) {
      back.axis[component(i)] = static_cast<std::int8_t>(i);
      back.sign[component(i)] = sign[i];
    }
    return back;
  }
  constexpr Mat3 matrix() const {
    return transpose({{*this * Vec3{1, 0, 0}, *this * Vec3{0, 1, 0}, *this * Vec3{0, 0, 1}}});
  }

 private:
  constexpr std::size_t component(std::size_t i) const { return static_cast<std::size_t>(axis[i]); }
};

constexpr CubeSymmetry CubeSymmetry::number(std::uint64_t index) {
  constexpr std::int8_t orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                        {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
  CubeSymmetry symmetry;
  for (std::size_t i = 0; i < 3; ++i) {
    symmetry.axis[i] = orders[index / 8][i];
    symmetry.sign[i] = (index >> i) % 2 == 0 ? 1 : -1;
  }
  return symmetry;
}

}  // namespace setsz
