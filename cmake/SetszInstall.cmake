# SPDX-License-Identifier: BSD-3-Clause
# What `cmake --install` puts under the prefix beside the programs, and packages of it.
include(GNUInstallDirs)

set(share ${CMAKE_INSTALL_DATADIR}/setsz)
install(DIRECTORY configs jobs python DESTINATION ${share} USE_SOURCE_PERMISSIONS
        PATTERN "__pycache__" EXCLUDE PATTERN "*.egg-info" EXCLUDE PATTERN "site.ini" EXCLUDE
        PATTERN "build.sh" EXCLUDE PATTERN "test.sh" EXCLUDE PATTERN "demo.sh" EXCLUDE)
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES README.md CHANGELOG.md LICENSE CITATION.cff DESTINATION ${CMAKE_INSTALL_DOCDIR})

# From what the program says of itself: the manual page at build time, completion when it is asked for.
add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/setsz.1
  COMMAND ${CMAKE_COMMAND} -D PROGRAM=$<TARGET_FILE:setsz> -D OUTPUT=${CMAKE_BINARY_DIR}/setsz.1
          -P ${CMAKE_SOURCE_DIR}/cmake/manual_page.cmake
  DEPENDS setsz ${CMAKE_SOURCE_DIR}/cmake/manual_page.cmake COMMENT "" VERBATIM)
add_custom_target(setsz_manual_page ALL DEPENDS ${CMAKE_BINARY_DIR}/setsz.1)
install(FILES ${CMAKE_BINARY_DIR}/setsz.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES packaging/completion.bash RENAME setsz
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
# Debian's zsh looks for those of packages in a folder of its own.
install(CODE "
  set(functions site-functions)
  if(CMAKE_INSTALL_PREFIX STREQUAL /usr)
    set(functions vendor-completions)
  endif()
  file(INSTALL \"${CMAKE_SOURCE_DIR}/packaging/completion.zsh\" RENAME _setsz
       DESTINATION \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_DATADIR}/zsh/\${functions}\")")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "https://arxiv.org/abs/2203.00026")
set(CPACK_PACKAGE_VENDOR "setsz")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "openmpi-bin, libopenblas0-pthread")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "python3-numpy, python3-h5py")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "python3-matplotlib, python3-healpy, python3-astropy, python3-optuna")
include(CPack)
