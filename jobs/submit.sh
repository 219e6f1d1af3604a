#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Submits what a configuration lacks as SLURM jobs, each of which waits for what it needs:
#   jobs/submit.sh CONFIG.ini [OPTION]... [-- SBATCH_OPTION...]      jobs/submit.sh --help
exec python3 "$(dirname "$0")/slurm/submit.py" "$@"
