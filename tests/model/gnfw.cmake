# SPDX-License-Identifier: BSD-3-Clause
setsz_test(gnfw SOURCES gnfw_test.cpp LINKS setsz::gnfw)
