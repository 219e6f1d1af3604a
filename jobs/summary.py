#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The main results of a run on one screen: summary.py RUN. Needs only Python.

summary.py --table RUN... has one row a model for many runs, in Markdown, and compares it with the
same model of the first run, cluster by cluster.
"""

import json
import math
import random
import signal
import statistics
import sys
from pathlib import Path

USAGE, MISSING = 64, 66


def folders(words):
    """Run directories of the command line."""
    if not words or words[0].startswith("-"):
        print(__doc__.strip(), file=sys.stderr)
        sys.exit(USAGE)
    for word in words:
        if not Path(word).is_dir():
            print(f"summary.py: no run directory '{word}'", file=sys.stderr)
            sys.exit(MISSING)
    return [Path(word) for word in words]


def scores_of(run):
    """Scores of each model by its name: of the mean of its networks where it has several."""
    found = {}
    for model in sorted(path for path in run.glob("evaluate/*/*") if path.is_dir()):
        scores = sorted(model.glob("*/scores.json"), key=lambda path: path.parent.name != "ensemble")
        if scores:
            found["/".join(model.relative_to(run / "evaluate").parts)] = json.loads(scores[0].read_text())
    return found


def compared(row, base):
    """Median over common clusters of ln(loss/benchmark) minus that of the base, with its 95% interval (bootstrap)."""
    ratios = {cluster["id"]: cluster["loss"] / cluster["loss_benchmark"] for cluster in base["clusters"]}
    differences = [math.log(cluster["loss"] / cluster["loss_benchmark"] / ratios[cluster["id"]])
                   for cluster in row["clusters"] if cluster["id"] in ratios]
    if not differences:
        return ""
    draw = random.Random(1)
    medians = sorted(statistics.median(draw.choices(differences, k=len(differences))) for _ in range(2000))
    return f"{statistics.median(differences):+.3f} ({medians[49]:+.3f} to {medians[1950]:+.3f}), {len(differences)} clusters"


def table(runs):
    """A row for each scored model."""
    first = scores_of(runs[0])
    print("| run | model | clusters | loss / benchmark (95%) | against the first run: ln ratio (95%) | Y predicted / gas |\n"
          "|---|---|--:|---|---|--:|")
    for run in dict.fromkeys(runs):
        for name, row in scores_of(run).items():
            low, high = row["L_opt_95"]
            difference = compared(row, first[name]) if name in first and run != runs[0] else ""
            print(f"| {run.name} | {name} | {row['n_clusters']} | {row['L_opt']:.3f} ({low:.3f} to {high:.3f})"
                  f" | {difference} | {row['y']['sum_pred_over_gas']:.3f} |")


def load(run, pattern):
    return [(path.parent.relative_to(run), json.loads(path.read_text())) for path in sorted(run.glob(pattern))]


def networks(run):
    """The losses of each model, and its Y."""
    for place, scores in load(run, "evaluate/**/scores.json"):
        low, high = scores["L_opt_68"]
        y = scores["y"]
        print(f"{place}")
        print(f"  testing clusters           {scores['n_clusters']}")
        print(f"  loss / GNFW benchmark      {scores['L_opt']:.3f}  ({low:.3f} to {high:.3f}, bootstrap 68%; below 1: closer to the gas)")
        print(f"  mean loss of the benchmark {sum(c['loss_benchmark'] for c in scores['clusters']) / scores['n_clusters']:.5f}")
        print(f"  mean loss of the network   {sum(c['loss'] for c in scores['clusters']) / scores['n_clusters']:.5f}")
        print(f"  Y predicted / Y gas        {y['sum_pred_over_gas']:.3f}  (benchmark {y['sum_benchmark_over_gas']:.3f})")


def boxes(run):
    """Painted boxes against their gas."""
    for place, spectra in load(run, "paint/**/spectra.json"):
        y = spectra["mean_y"]
        print(f"{place}")
        for row in spectra.get("Y_painted_over_gas", []):
            print(f"  Y painted / Y gas          {row['Y_painted_over_gas']:.3f}  ({row['n']} clusters)")
        print(f"  mean y of the box          {y['painted']:.3e}  (clusters {y['clusters']:.3e}, fill {y['fill']:.3e}"
              + (f"; gas {y['gas']:.3e})" if "gas" in y else ")"))
        for k in (0.5, 1, 2, 4, 8):
            if "T" not in spectra or k > max(spectra["k"]):
                break
            at = min(range(len(spectra["k"])), key=lambda i: abs(math.log(spectra["k"][i] / k)))
            print(f"  k = {spectra['k'][at]:5.2f} h/Mpc          transfer {spectra['T'][at]:.3f}, correlation {spectra['r'][at]:.3f}")


def skies(run):
    """Maps of the sky."""
    for place, sky in load(run, "sky/**/sky.json"):
        print(f"{place}")
        pixels = f"nside {sky['nside']}" if sky["projection"] == "healpix" else f"{sky['projection']}, {sky['resolution_arcmin']:g} arcmin"
        print(f"  mean y of the sky          {sky['mean_y']:.3e}  (z = {sky['redshift_min']} to {sky['redshift_max']}, {pixels}, "
              f"{sky['n_clusters']} clusters, {sky['n_fill']} fill haloes)")


def files(run):
    """All that was made."""
    print("files")
    for path in sorted(run.rglob("manifest.json")):
        for output in json.loads(path.read_text())["outputs"]:
            if not output["file"].startswith(("dmo/", "hydro/")):
                print(f"  {path.parent / output['file']}")


def main():
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `| head`
    if sys.argv[1:2] == ["--table"]:
        table(folders(sys.argv[2:]))
        return
    for run in folders(sys.argv[1:]):
        for part in (networks, boxes, skies, files):
            part(run)


if __name__ == "__main__":
    main()
