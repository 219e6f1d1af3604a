#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Installs missing packages, checks the sources, builds the preset ci and runs the tests.
#   jobs/test.sh             all tests except those labelled science or slow
#   jobs/test.sh --science   only those: trains on the mock universe for minutes and prints the scores
#   jobs/test.sh --slow      only those labelled slow: faults in every stage, an hour
#   jobs/test.sh --sanitize  unit tests of all that needs no libtorch, under address, leak and undefined-behaviour
#                            sanitizers: half an hour. Those of readers of files run without an option, too
#   jobs/test.sh --tidy      runs clang-tidy on all files instead of those that differ from main
#   jobs/test.sh -R extract  other options are passed to ctest
set -euo pipefail
cd "$(dirname "$0")/.."
. jobs/common.sh

label=(--label-exclude 'science|slow') tidy_all='' n_options=$#
if [[ ${1:-} == --science ]]; then label=(--label-regex science --verbose) && shift; fi
if [[ ${1:-} == --slow ]]; then label=(--label-regex slow) test_packages+=(python3-optuna chromium) && shift; fi
if [[ ${1:-} == --tidy ]]; then tidy_all=yes && shift; fi

# Runs the unit tests of these names under address and undefined-behaviour sanitizers, with leaks=1 that of leaks, too,
# which containers may forbid (ptrace).
sanitize() {
  build sanitize "${@/#/test_}"
  say "sanitizers: $*"
  mpi_environment
  # Leaks are looked for before MPI ends (tests/mpi_main.cpp). use_tls: LeakSanitizer of GCC 12 dies of the storage
  # of threads of libraries that have been unloaded (google/sanitizers#1353).
  ASAN_OPTIONS=detect_leaks=${leaks:-0}:leak_check_at_exit=0 UBSAN_OPTIONS=print_stacktrace=1 \
    LSAN_OPTIONS=use_tls=0:print_suppressions=0:suppressions=$PWD/tests/leaks_of_others.txt \
    ctest --test-dir build/sanitize --tests-regex "^($(IFS='|' && echo "$*"))_np" --label-regex unit \
    --parallel "$(cores)" --no-tests=error --output-on-failure --no-label-summary </dev/null
}

# What reads files of others, and what is under it: two to three minutes of two cores.
readers=(base base_comm run_options run_control_group run_journal h5 json_file tables halo_catalog halo_catalog_fuzz fuzz)

# What needs no libtorch.
sanitize_all() {
  local names folders=(tests/{base,io,run,fuzz} tests/stages/{catalog,common,extract,fit,halos,mock,moments,paint,sky,voxelize})
  mapfile -t names < <(sed -nE 's/^ *setsz_test\((\w+).*/\1/p' "${folders[@]/%//CMakeLists.txt}" tests/io/healpix.cmake)
  leaks=1 sanitize "${names[@]}"
}

# The .cpp files to check: all, or those that differ from main (themselves or their headers).
tidy_sources() {
  local base=''
  [[ -n $tidy_all ]] || base=$(git merge-base HEAD main 2>/dev/null || git merge-base HEAD origin/main)
  { if [[ -n $tidy_all ]]; then git ls-files '*.cpp'; else git diff --name-only "$base" -- '*.cpp' '*.hpp'; fi; } |
    sed 's/\.hpp$/.cpp/' | sort --unique | while read -r file; do [[ ! -f $file ]] || echo "$file"; done
}

install_packages "${release_packages[@]}" "${test_packages[@]}"
if [[ ${1:-} == --sanitize ]]; then sanitize_all; exit; fi

say "style: format, spelling, shell scripts, structure of the tree"
git ls-files -z '*.cpp' '*.hpp' | xargs -0 clang-format --dry-run --Werror
git ls-files -z | xargs -0 codespell
git ls-files -z '*.sh' '*.sbatch' .ci/run | xargs -0 shellcheck --external-sources
python3 cmake/check_tree.py

build ci
python3 cmake/check_tree.py --headers build/ci
mapfile -t sources < <(tidy_sources)
say "clang-tidy: ${#sources[@]} files"
# clang cannot read g++'s precompiled headers, and checks each source with its own includes.
mkdir -p build/ci/tidy
sed 's/ -Winvalid-pch -include [^ ]*cmake_pch\.hxx//' build/ci/compile_commands.json >build/ci/tidy/compile_commands.json
((${#sources[@]} == 0)) || printf '%s\0' "${sources[@]}" |
  xargs -0 --max-args=4 --max-procs="$(cores)" \
    clang-tidy -p build/ci/tidy --quiet --extra-arg=-Wno-unknown-warning-option

((n_options > 0)) || sanitize "${readers[@]}"

mpi_environment
# Print nothing after ctest: its last lines are the result.
exec ctest --test-dir build/ci "${label[@]}" --parallel "$(cores)" --no-tests=error \
  --output-on-failure --no-label-summary "$@" </dev/null
