#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# submit.sh chains the stages of a configuration, hands options on, and finds mistakes first.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
fail() { echo "FAILED: $*" >&2; cat calls 2>/dev/null >&2; exit 1; }

mkdir bin
cat >bin/sbatch <<'S'
#!/bin/bash
echo "$*" >>calls
echo "$((100 + $(wc -l <calls)));cluster"
S
cat >bin/setsz <<'S'
#!/bin/bash
echo "$*" >>setsz_calls
[[ $* != *broken* ]]
S
chmod +x bin/*
export PATH=$folder/bin:$PATH SETSZ=$folder/bin/setsz
printf '[run]\ndirectory = run\nstages = catalog, extract,fit  # three\n[train]\nstages = 7\n' >small.ini

"$root/jobs/submit.sh" small.ini --set run.seed=3 -- --partition=low >out
[[ $(wc -l <calls) == 3 ]] || fail "three stages, three jobs"
[[ $(sed -n 1p calls) == "--parsable --partition=low $root/jobs/catalog.sbatch small.ini --set run.seed=3" ]] || fail "first job"
[[ $(sed -n 2p calls) == *"--dependency=afterok:101 --kill-on-invalid-dep=yes"*"/extract.sbatch"* ]] || fail "second waits for the first"
[[ $(sed -n 3p calls) == *"--dependency=afterok:102"*"/fit.sbatch"* ]] || fail "third waits for the second"
grep -q 'plan small.ini --set run.seed=3' setsz_calls || fail "plan before submission"
[[ $(cat out) == $'catalog: job 101\nextract: job 102\nfit: job 103' ]] || fail "what it says"

rm calls
"$root/jobs/submit.sh" small.ini --stages sky >/dev/null
[[ $(wc -l <calls) == 1 && $(cat calls) == *"/sky.sbatch small.ini" ]] || fail "--stages"

rm calls
if "$root/jobs/submit.sh" small.ini --set broken=1 >/dev/null 2>&1; then fail "a bad option was accepted"; fi
[[ ! -e calls ]] || fail "submitted in spite of a bad option"
code=0; "$root/jobs/submit.sh" small.ini --stages nonsense >/dev/null 2>&1 || code=$?
[[ $code == 64 && ! -e calls ]] || fail "an unknown stage"
code=0; "$root/jobs/submit.sh" nowhere.ini >/dev/null 2>&1 || code=$?
[[ $code == 66 ]] || fail "a configuration that does not exist"

# Every stage that has a job takes the same way through env.sh.
for script in "$root"/jobs/*.sbatch; do
  stage=$(basename "$script" .sbatch)
  grep -qx "run_stage $stage \"\$@\"" "$script" || fail "$script does not run its stage"
  grep -q -- '--requeue --open-mode=append --signal=B:USR1@300' "$script" || fail "$script cannot be requeued"
done
echo "ok"
