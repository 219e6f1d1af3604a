// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <hdf5.h>

#include <concepts>
#include <cstdint>
#include <string>

#include "io/h5.hpp"

// What the h5_*.cpp files share; not for others.

/// The numbers that datasets and attributes hold: calls `macro` with each type.
#define SETSZ_FOR_EACH_NUMBER(macro)                                                    \
  macro(float) macro(double) macro(std::int8_t) macro(std::uint8_t) macro(std::int32_t) \
      macro(std::uint32_t) macro(std::int64_t) macro(std::uint64_t)

namespace setsz::h5 {

template <class T>
constexpr H5Type type_of() {
  if constexpr (std::same_as<T, std::int8_t>) return H5Type::int8;
  if constexpr (std::same_as<T, std::uint8_t>) return H5Type::uint8;
  if constexpr (std::same_as<T, std::int32_t>) return H5Type::int32;
  if constexpr (std::same_as<T, std::uint32_t>) return H5Type::uint32;
  if constexpr (std::same_as<T, std::int64_t>) return H5Type::int64;
  if constexpr (std::same_as<T, std::uint64_t>) return H5Type::uint64;
  if constexpr (std::same_as<T, float>) return H5Type::float32;
  if constexpr (std::same_as<T, double>) return H5Type::float64;
}

/// The type in memory, and the type we write: little-endian of the same width.
hid_t memory_type(H5Type type);
hid_t file_type(H5Type type);
/// What a stored type is; `other` for what we do not read (16 bits, compounds, enumerations).
H5Type classify(hid_t type);
/// "64-bit integer, big-endian": for messages about `other`.
std::string describe(hid_t type);

/// Can a value of `stored` always be kept in `wanted`, within the same class of numbers?
bool holds(H5Type wanted, H5Type stored);

/// A read that fails with an error number failed on the disk; without one the data are damaged.
/// \param what  "rows 0 to 5 of '/x' of 'file.h5'"
[[noreturn]] void fail_reading(std::string const& what);

/// Calls `body` with a number of the type, 0; false for text and other.
template <class Body>
bool with_number_of(H5Type type, Body&& body) {
  switch (type) {
    case H5Type::int8:
      return body(std::int8_t{}), true;
    case H5Type::uint8:
      return body(std::uint8_t{}), true;
    case H5Type::int32:
      return body(std::int32_t{}), true;
    case H5Type::uint32:
      return body(std::uint32_t{}), true;
    case H5Type::int64:
      return body(std::int64_t{}), true;
    case H5Type::uint64:
      return body(std::uint64_t{}), true;
    case H5Type::float32:
      return body(float{}), true;
    case H5Type::float64:
      return body(double{}), true;
    default:
      return false;
  }
}

/// Switches HDF5's own printing of errors off; called before the first use of a file.
void quiet();

}  // namespace setsz::h5
