#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Installs missing packages and builds build/release/setsz. Run it again after any change.
set -euo pipefail
cd "$(dirname "$0")/.."
. jobs/common.sh

install_packages "${release_packages[@]}"
build release
say "build/release/setsz is up to date"
