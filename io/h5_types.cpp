// SPDX-License-Identifier: BSD-3-Clause
#include "io/h5_types.hpp"

#include <array>

namespace setsz {

namespace {

struct NumberKind {
  H5Type type;
  std::string_view name;
  char sort;  ///< 'i' signed, 'u' unsigned, 'f' floating point
  std::size_t bytes;
};

constexpr std::array<NumberKind, 8> number_kinds{{{H5Type::int8, "int8", 'i', 1},
                                                  {H5Type::uint8, "uint8", 'u', 1},
                                                  {H5Type::int32, "int32", 'i', 4},
                                                  {H5Type::uint32, "uint32", 'u', 4},
                                                  {H5Type::int64, "int64", 'i', 8},
                                                  {H5Type::uint64, "uint64", 'u', 8},
                                                  {H5Type::float32, "float32", 'f', 4},
                                                  {H5Type::float64, "float64", 'f', 8}}};

NumberKind const* kind_of(H5Type type) {
  for (auto const& kind : number_kinds) {
    if (kind.type == type) return &kind;
  }
  return nullptr;
}

}  // namespace

std::string_view name_of(H5Type type) {
  if (auto const* kind = kind_of(type)) return kind->name;
  return type == H5Type::text ? "text" : "other";
}

std::string h5_reason() {
  std::string reason;
  H5Ewalk2(
      H5E_DEFAULT, H5E_WALK_UPWARD,
      [](unsigned n, H5E_error2_t const* error, void* text) -> herr_t {
        if (n == 0 && error->desc) *static_cast<std::string*>(text) = error->desc;
        return 0;
      },
      &reason);
  H5Eclear2(H5E_DEFAULT);
  return reason.empty() ? "HDF5 gives no reason" : reason;
}

namespace h5 {

hid_t memory_type(H5Type type) {
  switch (type) {
    case H5Type::int8:
      return H5T_NATIVE_INT8;
    case H5Type::uint8:
      return H5T_NATIVE_UINT8;
    case H5Type::int32:
      return H5T_NATIVE_INT32;
    case H5Type::uint32:
      return H5T_NATIVE_UINT32;
    case H5Type::int64:
      return H5T_NATIVE_INT64;
    case H5Type::uint64:
      return H5T_NATIVE_UINT64;
    case H5Type::float32:
      return H5T_NATIVE_FLOAT;
    case H5Type::float64:
      return H5T_NATIVE_DOUBLE;
    default:
      return H5I_INVALID_HID;
  }
}

hid_t file_type(H5Type type) {
  switch (type) {
    case H5Type::int8:
      return H5T_STD_I8LE;
    case H5Type::uint8:
      return H5T_STD_U8LE;
    case H5Type::int32:
      return H5T_STD_I32LE;
    case H5Type::uint32:
      return H5T_STD_U32LE;
    case H5Type::int64:
      return H5T_STD_I64LE;
    case H5Type::uint64:
      return H5T_STD_U64LE;
    case H5Type::float32:
      return H5T_IEEE_F32LE;
    case H5Type::float64:
      return H5T_IEEE_F64LE;
    default:
      return H5I_INVALID_HID;
  }
}

H5Type classify(hid_t type) {
  auto const type_class = H5Tget_class(type);
  if (type_class == H5T_STRING) return H5Type::text;
  char sort = '?';
  if (type_class == H5T_FLOAT) sort = 'f';
  if (type_class == H5T_INTEGER) sort = H5Tget_sign(type) == H5T_SGN_NONE ? 'u' : 'i';
  std::size_t const bytes = H5Tget_size(type);
  for (auto const& kind : number_kinds) {
    if (kind.sort != sort || kind.bytes != bytes) continue;
    // The width alone does not make an IEEE number or a full integer.
    if (sort == 'f') {
      bool const big = H5Tget_order(type) == H5T_ORDER_BE;
      hid_t const ieee = bytes == 4 ? (big ? H5T_IEEE_F32BE : H5T_IEEE_F32LE)
                                    : (big ? H5T_IEEE_F64BE : H5T_IEEE_F64LE);
      return H5Tequal(type, ieee) > 0 ? kind.type : H5Type::other;
    }
    return H5Tget_precision(type) == 8 * bytes ? kind.type : H5Type::other;
  }
  return H5Type::other;
}

std::string describe(hid_t type) {
  if (auto const known = classify(type); known != H5Type::other) return std::string(name_of(known));
  char const* name = "unknown type";
  switch (H5Tget_class(type)) {
    case H5T_INTEGER:
      name = "integer";
      break;
    case H5T_FLOAT:
      name = "floating-point number";
      break;
    case H5T_COMPOUND:
      name = "compound";
      break;
    case H5T_ENUM:
      name = "enumeration";
      break;
    case H5T_VLEN:
      name = "list of variable length";
      break;
    case H5T_ARRAY:
      name = "array";
      break;
    case H5T_BITFIELD:
      name = "bit field";
      break;
    case H5T_OPAQUE:
      name = "opaque";
      break;
    case H5T_REFERENCE:
      name = "reference";
      break;
    default:
      break;
  }
  return concat(8 * H5Tget_size(type), "-bit ", name);
}

bool holds(H5Type wanted, H5Type stored) {
  auto const *w = kind_of(wanted), *s = kind_of(stored);
  if (!w || !s) return false;
  if (w->sort == s->sort) return w->bytes >= s->bytes;
  return w->sort == 'i' && s->sort == 'u' && w->bytes > s->bytes;
}

void fail_reading(std::string const& what) {
  std::string const reason = h5_reason();
  bool const disk = reason.find("errno") != std::string::npos;
  fail(disk ? ExitCode::io : ExitCode::bad_data, "cannot read ", what, " (", reason,
       disk ? ")" : "); the file is damaged: fetch or make it again");
}

void quiet() { H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr); }

}  // namespace h5
}  // namespace setsz
