# SPDX-License-Identifier: BSD-3-Clause
foreach(pair IN ITEMS "markdown;docs/options.md" "ini;configs/default.ini")
  list(GET pair 0 format)
  list(GET pair 1 path)
  execute_process(COMMAND ${PROGRAM} options --${format} OUTPUT_VARIABLE wanted
                  COMMAND_ERROR_IS_FATAL ANY)
  file(READ ${SOURCE}/${path} found)
  if(NOT wanted STREQUAL found)
    message(SEND_ERROR "${path} is stale; make it again: setsz options --${format} > ${path}")
  endif()
endforeach()
