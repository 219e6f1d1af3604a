# SPDX-License-Identifier: BSD-3-Clause
# Writes setsz.1 from the program's own help: cmake -D PROGRAM=setsz -D OUTPUT=setsz.1 -P manual_page.cmake
cmake_minimum_required(VERSION 3.24)

function(ask result)
  execute_process(COMMAND ${PROGRAM} ${ARGN} OUTPUT_VARIABLE text COMMAND_ERROR_IS_FATAL ANY)
  # What roff would read as its own: backslashes, and lines that begin with a dot or a quote.
  string(REPLACE "\\" "\\e" text "${text}")
  string(REPLACE "-" "\\-" text "${text}")
  string(REGEX REPLACE "(^|\n)([.'])" "\\1\\\\&\\2" text "${text}")
  set(${result} "${text}" PARENT_SCOPE)
endfunction()

ask(version version)
string(REGEX MATCH "[0-9]+\\.[0-9]+\\.[0-9]+" version "${version}")
ask(overview help)
string(REGEX MATCHALL "\n  setsz [a-z]+" commands "${overview}")
set(page ".TH SETSZ 1 \"\" \"setsz ${version}\"\n.SH NAME\nsetsz \\- Compton\\-y maps of gravity\\-only simulations\n")
string(APPEND page ".SH SYNOPSIS\n.B setsz\n.I COMMAND\n[ARGUMENT]...\n.SH DESCRIPTION\n.nf\n${overview}.fi\n.SH COMMANDS\n")
foreach(command IN LISTS commands)
  string(REGEX REPLACE ".* " "" command "${command}")
  if(command STREQUAL "help" OR command STREQUAL "version")
    continue()
  endif()
  ask(text help ${command})
  string(APPEND page ".SS ${command}\n.nf\n${text}.fi\n")
endforeach()
string(APPEND page ".SH KEYS OF A CONFIGURATION\n.B setsz options\nlists them with defaults, units and ranges.\n")
file(WRITE ${OUTPUT} "${page}")
