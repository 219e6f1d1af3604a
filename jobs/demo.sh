#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# From nothing to a Compton-y sky: set-up, build, and the whole pipeline on a small universe that it
# makes itself. Products lie in demo/. A second call finds everything up to date.
#   jobs/demo.sh [--set section.key=value]...      SETSZ_RANKS=4 jobs/demo.sh
set -euo pipefail
cd "$(dirname "$0")/.."
. jobs/common.sh

jobs/build.sh
install_packages python3
mpi_environment
mpirun -n "${SETSZ_RANKS:-2}" build/release/setsz run configs/demo.ini "$@" </dev/null
python3 jobs/summary.py demo
