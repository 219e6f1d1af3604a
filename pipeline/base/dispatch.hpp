// SPDX-License-Identifier: BSD-3-Clause
#pragma once

/// Before a function: it is compiled for several instruction sets, and the first call picks the
/// best one of this processor. For plain loops only: the compiler makes vector instructions of
/// them. (The sanitizers start before the choice can be made.)
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__)
#define SETSZ_DISPATCH __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define SETSZ_DISPATCH
#endif
