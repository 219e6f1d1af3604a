// SPDX-License-Identifier: BSD-3-Clause
#include "io/row_checks.hpp"

#include <cmath>
#include <limits>
#include <type_traits>

#include "pipeline/base/dispatch.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {

namespace {

/// The integer of the same width: verdicts gathered in it leave the loops without branches, which
/// the compiler turns into vector instructions.
template <class T>
using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;

/// The smallest T that is not below `x`: y < x and y < up(x) say the same of every T y.
template <class T>
T up(double x) {
  auto const rounded = static_cast<T>(x);
  return real(rounded) < x ? std::nextafter(rounded, std::numeric_limits<T>::infinity()) : rounded;
}

struct Seen {
  bool outside, zero, beyond;
};

template <class T>
[[gnu::always_inline]] inline Seen look(T const* numbers, std::size_t n, T limit, T far) {
  Bits<T> outside = 0, zero = 0, beyond = 0;
  for (std::size_t i = 0; i < n; ++i) {
    T const x = numbers[i];
    outside |= Bits<T>{!(x >= 0)} | Bits<T>{!(x < limit)};
    zero |= Bits<T>{x == 0};
    beyond |= Bits<T>{x > far};
  }
  return {outside != 0, zero != 0, beyond != 0};
}

/// NaN compares as false.
template <class T>
[[gnu::always_inline]] inline bool within(T const* numbers, std::size_t n, T limit) {
  Bits<T> beyond = 0;
  for (std::size_t i = 0; i < n; ++i) beyond |= Bits<T>{!(std::abs(numbers[i]) <= limit)};
  return beyond == 0;
}

SETSZ_DISPATCH Seen look_at(float const* x, std::size_t n, float limit, float far) {
  return look(x, n, limit, far);
}
SETSZ_DISPATCH Seen look_at(double const* x, std::size_t n, double limit, double far) {
  return look(x, n, limit, far);
}
SETSZ_DISPATCH bool within_at(float const* x, std::size_t n, float limit) {
  return within(x, n, limit);
}
SETSZ_DISPATCH bool within_at(double const* x, std::size_t n, double limit) {
  return within(x, n, limit);
}
SETSZ_DISPATCH bool zero_at(std::uint64_t const* numbers, std::size_t n) {
  std::uint64_t zero = 0;
  for (std::size_t i = 0; i < n; ++i) zero |= std::uint64_t{numbers[i] == 0};
  return zero != 0;
}

}  // namespace

template <class T>
CoordinateCheck check_coordinates(std::span<T const> coordinates, double edge, double far) {
  auto const seen =
      look_at(coordinates.data(), coordinates.size(), up<T>(edge), static_cast<T>(far));
  return {!seen.outside, seen.zero, seen.beyond};
}

template <class T>
bool all_within(std::span<T const> numbers, double limit) {
  return within_at(numbers.data(), numbers.size(), static_cast<T>(limit));
}

bool any_zero(std::span<std::uint64_t const> numbers) {
  return zero_at(numbers.data(), numbers.size());
}

template CoordinateCheck check_coordinates<float>(std::span<float const>, double, double);
template CoordinateCheck check_coordinates<double>(std::span<double const>, double, double);
template bool all_within<float>(std::span<float const>, double);
template bool all_within<double>(std::span<double const>, double);

}  // namespace setsz
