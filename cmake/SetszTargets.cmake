# SPDX-License-Identifier: BSD-3-Clause
# setsz_library(NAME SOURCES ... LINKS ...)   a static library with the alias setsz::NAME
# setsz_stage(NAME SOURCES ... LINKS ...)     the same for a stage: the registry links it
# setsz_test(NAME SOURCES ... LINKS ... RANKS 1 2 3 LABELS unit TIMEOUT 120)
# setsz_benchmark(NAME SOURCES ... LINKS ...) a program in build/bench, never run by ctest
include_guard()

add_library(setsz_warnings INTERFACE)
# -Wno-restrict: GCC 12 warns about std::string's own code (GCC bug 105651).
target_compile_options(setsz_warnings INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow
                       $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
                       $<$<BOOL:${SETSZ_WARNINGS_AS_ERRORS}>:-Werror>)

function(setsz_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINKS" ${ARGN})
  add_library(setsz_${name} STATIC ${arg_SOURCES})
  add_library(setsz::${name} ALIAS setsz_${name})
  target_include_directories(setsz_${name} PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(setsz_${name} PUBLIC ${arg_LINKS} PRIVATE setsz_warnings)
endfunction()

# Every stage uses the common rooms; the global property SETSZ_STAGES lists the stages.
function(setsz_stage name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINKS" ${ARGN})
  setsz_library(${name} SOURCES ${arg_SOURCES}
    LINKS ${arg_LINKS} setsz::stages_common setsz::run setsz::io)
  set_property(GLOBAL APPEND PROPERTY SETSZ_STAGES setsz::${name})
endfunction()

# Every test program has the MPI main of tests/mpi_main.cpp; RANKS lists the rank counts it is run with.
function(setsz_test name)
  cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;LINKS;RANKS;LABELS" ${ARGN})
  add_executable(test_${name} ${arg_SOURCES})
  target_link_libraries(test_${name} PRIVATE ${arg_LINKS} setsz_mpi_main setsz_warnings)
  target_precompile_headers(test_${name} REUSE_FROM setsz_mpi_main)
  target_compile_options(test_${name} PRIVATE ${SETSZ_TEST_OPTIMISATION})
  set_target_properties(test_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests
                        POSITION_INDEPENDENT_CODE OFF)  # as the precompiled headers
  if(NOT arg_RANKS)
    set(arg_RANKS 1)
  endif()
  if(NOT arg_LABELS)
    set(arg_LABELS unit)
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  foreach(ranks IN LISTS arg_RANKS)
    add_test(NAME ${name}_np${ranks}
             COMMAND ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG} ${ranks} $<TARGET_FILE:test_${name}>)
    set_tests_properties(${name}_np${ranks} PROPERTIES
      PROCESSORS ${ranks} TIMEOUT ${arg_TIMEOUT} LABELS "${arg_LABELS}"
      SKIP_REGULAR_EXPRESSION "\\[  SKIPPED \\] all tests"
      ENVIRONMENT "${SETSZ_TEST_ENVIRONMENT}")
  endforeach()
endfunction()

# Tests wait for their compiler longer than for their own loops; what they test keeps its optimisation.
# GCC 12 at -O1 warns about the code of its own std::string and std::filesystem.
if(NOT DEFINED SETSZ_TEST_OPTIMISATION)
  set(SETSZ_TEST_OPTIMISATION
      -O1 $<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds> $<$<CXX_COMPILER_ID:GNU>:-Wno-stringop-overflow>)
endif()

set(SETSZ_TEST_ENVIRONMENT
    OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
    OMPI_MCA_mpi_yield_when_idle=1 OMPI_MCA_hwloc_base_binding_policy=none
    OMPI_MCA_ess_singleton_isolated=1  # a program without a launcher starts no daemon
    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
    SETSZ_FIGURES=${CMAKE_BINARY_DIR}/figures)  # what tests measure: tests/figures.py

function(setsz_benchmark name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(bench_${name} ${arg_SOURCES})
  target_link_libraries(bench_${name} PRIVATE ${arg_LINKS} setsz_warnings)
  set_target_properties(bench_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
endfunction()
