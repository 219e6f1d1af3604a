# SPDX-License-Identifier: BSD-3-Clause
# Writes the git revision of SOURCE into the header OUTPUT, only if it is another one: runs at every
# build, compiles something at few of them.
cmake_minimum_required(VERSION 3.24)
find_package(Git QUIET)
set(revision "unknown")
if(Git_FOUND)
  execute_process(COMMAND ${GIT_EXECUTABLE} -C ${SOURCE} rev-parse --short=10 HEAD
                  OUTPUT_VARIABLE found OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(found)
    set(revision "${found}")
    execute_process(COMMAND ${GIT_EXECUTABLE} -C ${SOURCE} diff-index --quiet HEAD --
                    RESULT_VARIABLE changed ERROR_QUIET OUTPUT_QUIET)
    if(changed)
      string(APPEND revision "+")
    endif()
  endif()
endif()
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT "#define SETSZ_GIT_REVISION \"@revision@\"\n" @ONLY)
