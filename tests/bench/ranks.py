#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Times every stage on one rank and on more: the table of docs/scaling.md.

    python3 tests/bench/ranks.py FOLDER [ranks, 2] [rounds, 3]

Strong: the same universe. Weak: one as many times larger as there are ranks, and a sky of as many times more haloes; its speed-up is
the number of ranks times the ratio of times. Wall times, the shortest of the rounds, which go in turn. Nothing else may run beside it:
ranks and other programs share the processor. SETSZ and MPIEXEC choose the programs.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SETSZ = os.environ.get("SETSZ", "build/ci/setsz")
MPIEXEC = os.environ.get("MPIEXEC", "mpirun")


def configuration(folder, size):
    """All stages, of a universe and a sky `size` times as large as the first."""
    edge = size ** (1 / 3)
    text = (HERE / "ranks.ini").read_text()
    for key, value in (("run", folder / "run"), ("box", f"{120 * edge:.4g}"), ("redshift", f"{0.15 * edge:.4g}")):
        text = text.replace(f"@{key}@", str(value))
    path = folder / "run.ini"
    path.write_text(text)
    return path


def seconds_of(folder, size, ranks):
    """Of each stage, all its instances together."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    done = subprocess.run([MPIEXEC, "-n", str(ranks), SETSZ, "run", configuration(folder, size)], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        sys.exit(done.stdout)
    stages = {}
    for path in sorted((folder / "run").rglob("manifest.json"), key=lambda path: path.stat().st_mtime_ns):
        stage = path.relative_to(folder / "run").parts[0]
        stages[stage] = stages.get(stage, 0) + json.loads(path.read_text())["about"]["seconds"]
    return stages


def main(folder, ranks=2, rounds=3):
    cases = {"one": (1, 1), "strong": (1, ranks), "weak": (ranks, ranks)}  # size, ranks
    best = {}
    for _ in range(rounds):
        for name, (size, n) in cases.items():
            for stage, seconds in seconds_of(folder / name, size, n).items():
                key = (stage, name)
                best[key] = min(seconds, best.get(key, seconds))
    print(f"| stage | 1 rank [s] | {ranks} ranks [s] | speed-up | {ranks} ranks, {ranks} times the size [s] | speed-up |")
    print("|---|--:|--:|--:|--:|--:|")
    stages = [stage for stage, name in best if name == "one"]
    for stage in stages + ["all"]:
        one, strong, weak = ([best[key] for key in best if key[1] == name and stage in (key[0], "all")] for name in cases)
        one, strong, weak = sum(one), sum(strong), sum(weak)
        print(f"| {stage} | {one:.2f} | {strong:.2f} | {one / strong:.2f} | {weak:.2f} | {ranks * one / weak:.2f} |")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), *map(int, sys.argv[2:]))
