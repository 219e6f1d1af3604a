# SPDX-License-Identifier: BSD-3-Clause
# SETSZ_COMPILES_AMX: can this compiler and its assembler build kernels for AMX? Older ones do not know it. On Linux only: the system has to be asked for its registers.
set(SETSZ_COMPILES_AMX FALSE)
if(CMAKE_SYSTEM_NAME STREQUAL Linux AND CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  include(CheckCXXSourceCompiles)
  set(amx_options -mavx512f -mavx2 -mfma)
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)  # 12 warns of values that its own <immintrin.h> leaves open on purpose
    list(APPEND amx_options -Wno-uninitialized -Wno-maybe-uninitialized)
  endif()
  list(JOIN amx_options " " CMAKE_REQUIRED_FLAGS)
  check_cxx_source_compiles([[
    #include <immintrin.h>
    __m512i either(__m512i x) { return _mm512_ternarylogic_epi32(x, x, x, 0xF8); }
    int main() { asm volatile("tdpbf16ps %tmm2, %tmm1, %tmm0"); }
  ]] SETSZ_AMX_BUILDS)
  unset(CMAKE_REQUIRED_FLAGS)
  set(SETSZ_COMPILES_AMX ${SETSZ_AMX_BUILDS})
endif()
