#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Submits one SLURM job a stage, each waiting for the one before it to be complete.
#   jobs/submit.sh CONFIG.ini [--stages a,b,c] [--set section.key=value]... [-- SBATCH_OPTION...]
# Stages: those of [run] stages in the configuration. What stands after -- goes to every sbatch:
#   jobs/submit.sh configs/tng300.ini -- --partition=compute --account=me
# Calling it again is safe: complete products are skipped.
set -euo pipefail
SETSZ_ROOT=$(cd "$(dirname "$0")/.." && pwd)
export SETSZ_ROOT
. "$SETSZ_ROOT/jobs/env.sh"

usage() { sed -n '3,7s/^# \{0,1\}//p' "$0" >&2; exit 64; }
(($# >= 1)) || usage
config=$1 stages='' options=()
shift
while (($#)); do
  case $1 in
    --stages) stages=${2:?--stages needs a list} && shift 2 ;;
    --set) options+=(--set "${2:?--set needs section.key=value}") && shift 2 ;;
    --) shift && break ;;
    *) usage ;;
  esac
done
[[ -r $config ]] || { echo "submit.sh: cannot read the configuration '$config'" >&2; exit 66; }

if [[ -z $stages ]]; then
  stages=$(awk -F= '{sub(/#.*/, "")} /^\[/ {section = $0}
                    section ~ /^\[run\]/ && $1 ~ /^[ \t]*stages[ \t]*$/ {print $2}' "$config")
  stages=${stages:-catalog,extract,voxelize,fit,train,predict,evaluate,paint,sky}
fi

for stage in ${stages//,/ }; do
  [[ -r $SETSZ_ROOT/jobs/$stage.sbatch ]] ||
    { echo "submit.sh: there is no job for the stage '$stage'" >&2; exit 64; }
done
# Mistakes in options are found here, not hours later on a node.
"$SETSZ" plan "$config" "${options[@]}" >/dev/null

previous=''
for stage in ${stages//,/ }; do
  after=()
  # kill-on-invalid-dep: what follows a failed job leaves the queue, instead of waiting for ever.
  [[ -n $previous ]] && after=("--dependency=afterok:$previous" --kill-on-invalid-dep=yes)
  job=$(sbatch --parsable "${after[@]}" "$@" "$SETSZ_ROOT/jobs/$stage.sbatch" "$config" "${options[@]}")
  previous=${job%%;*}
  echo "$stage: job $previous"
done
