# SPDX-License-Identifier: BSD-3-Clause
# Every configuration that comes with the program is valid: its stages can be listed.
file(GLOB_RECURSE configurations ${SOURCE}/configs/*.ini)
list(REMOVE_ITEM configurations ${SOURCE}/configs/default.ini)  # names no snapshot
list(FILTER configurations EXCLUDE REGEX "/configs/search/")    # spaces of jobs/search.py
foreach(configuration IN LISTS configurations)
  set(files)
  if(configuration MATCHES "swift_box|apply|paper/(all|columns)")  # its users give the files on the command line
    foreach(key IN ITEMS dark_matter gas catalog)
      list(APPEND files --set snapshot.z0.${key}=some_file)
    endforeach()
  endif()
  execute_process(COMMAND ${PROGRAM} stages ${configuration} ${files}
                  OUTPUT_VARIABLE stages RESULT_VARIABLE code)
  if(NOT code EQUAL 0 OR NOT stages MATCHES "predict|sky")
    message(SEND_ERROR "setsz stages ${configuration}: code ${code}, stages ${stages}")
  endif()
  if(configuration MATCHES "/apply")  # reads a model that its user has
    continue()
  endif()
  # What one of its stages reads another one makes.
  execute_process(COMMAND ${PROGRAM} plan ${configuration} ${files} --json
                          --set run.directory=${FOLDER}/nothing_is_here
                  OUTPUT_VARIABLE plan COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL "\"id\": \"[^\"]+\"" ids "${plan}")
  list(TRANSFORM ids REPLACE "\"id\": \"([^\"]+)\"" "\\1")
  string(REGEX MATCHALL "\n +\"[^\":]+\"[,\n]" needed "${plan}")  # of the lists waits_for
  list(TRANSFORM needed REPLACE "[^\"]*\"([^\"]+)\"[^\"]*" "\\1")
  list(REMOVE_ITEM needed ${ids})
  list(REMOVE_DUPLICATES needed)
  if(needed)
    message(SEND_ERROR "${configuration}: no stage of [run] stages makes ${needed}")
  endif()
endforeach()
