#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# From a fresh clone to a Compton-y sky: installs packages, builds, and runs all stages on a small mock
# universe. Products are in demo/, and demo/report/report.html shows them. A second call finds all of them up to date.
#   jobs/demo.sh [--set section.key=value]...      SETSZ_RANKS=4 jobs/demo.sh
set -euo pipefail
cd "$(dirname "$0")/.."
. jobs/common.sh

jobs/build.sh
install_packages python3
mpi_environment
mpirun -n "${SETSZ_RANKS:-2}" build/release/setsz run configs/demo.ini "$@" </dev/null
# Elsewhere, if the options say so.
run=$(build/release/setsz stages configs/demo.ini --json "$@" | python3 -c 'import json, sys; print(json.load(sys.stdin)["run"])')
python3 jobs/summary.py "$run"
build/release/setsz report configs/demo.ini "$@"
