#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes tables of the documentation from products of runs, so that no page holds a number typed by hand.

    python3 tests/run_tables.py networks RUN...    # docs/validation.md: what compare has found in each snapshot of each run
    python3 tests/run_tables.py samples RUN...     # docs/validation.md: bands and losses of models with samples
    python3 tests/run_tables.py boxes RUN...       # docs/validation.md: painted boxes over their gas
    python3 tests/run_tables.py centres RUN...     # docs/validation.md: planted pressure centres, and how well they can be known
    python3 tests/run_tables.py search RUN...      # docs/search.md: what searches have found, and what the choice is worth

A table is written between `<!-- tests/run_tables.py: NAME -->` and `<!-- end -->`; figures.py does the same with what tests have
measured. With --print it goes to the screen, with --docs FOLDER to pages of that folder. The names of the runs' folders are what the tables call them."""

import json
import sys
from pathlib import Path

sys.dont_write_bytecode = True
import centre_limit  # noqa: E402  (beside this file)
import figures  # noqa: E402

BEGIN = "<!-- tests/run_tables.py: {} -->"


def interval(value, ends, digits=3):
    return f"{value:.{digits}f} ({ends[0]:.{digits}f} to {ends[1]:.{digits}f})"


def results_of(runs):
    """(title, results) of each comparison: the snapshot, with its run where there are several."""
    found = [(run, path) for run in runs for path in sorted(run.glob("compare/*/results.json"))]
    for run, path in found:
        yield (f"{run.name}, {path.parent.name}" if len(runs) > 1 else path.parent.name), json.loads(path.read_text())


def networks(runs):
    """A row a model, a column a snapshot; by the loss in the first one."""
    columns = list(results_of(runs))
    if not columns:
        return
    by_model = {}
    for title, results in columns:
        for model in results["models"]:
            by_model.setdefault(model["model"], {})[title] = model
    titles = [title for title, _ in columns]
    yield "| loss / benchmark (95%) | " + " | ".join(f"{title}: {results['models'][0]['n_clusters']} clusters" for title, results in columns) + " |"
    yield "|---|" + "---|" * len(titles)
    order = sorted(by_model, key=lambda name: [by_model[name][title]["L_opt"] if title in by_model[name] else 9 for title in titles])
    for name in order:
        cells = [by_model[name].get(title) for title in titles]
        yield f"| `{name}` | " + " | ".join(interval(cell["L_opt"], cell["L_opt_95"]) if cell else "" for cell in cells) + " |"
    best = order[0]
    cells = [by_model[best].get(title) for title in titles]
    ratios = [", ".join(f"{part['y']['sum_pred_over_gas']:.3f}" for part in cell["mass_bins"]) if cell else "" for cell in cells]
    yield f"| Y of `{best}` over that of the gas, in bins of mass | " + " | ".join(ratios) + " |"


def samples(runs):
    keys = ("profile_68", "y_68", "profile_95", "y_95")
    yield "| model | loss of the mean | of single samples | of the reconstruction | 68% bands: shells | Y | 95% bands: shells | Y |"
    yield "|---|---|---|---|---|---|---|---|"
    for title, results in results_of(runs):
        for model in results["models"]:
            if "samples" in model:
                losses = [model["samples"]["L_opt"][kind] for kind in ("mean_of_samples", "sampled", "reconstructed")]
                cover = [model["samples"]["coverage"][key] for key in keys]
                cells = [interval(loss["value"], loss["interval_95"]) for loss in losses] + [f"{part['value']:.1%}" for part in cover]
                yield f"| `{model['model']}` ({title}) | " + " | ".join(cells) + " |"


def boxes(runs):
    yield "| box | mean y / gas | Y of its clusters / gas | T, r at k = 1, 4, 8 h/Mpc |"
    yield "|---|---|---|---|"
    for run in runs:
        for path in sorted(run.glob("paint/*/*/spectra.json")):
            spectra = json.loads(path.read_text())
            if "gas" not in spectra["mean_y"]:
                continue
            at = [min(range(len(spectra["k"])), key=lambda i, k=k: abs(spectra["k"][i] - k)) for k in (1, 4, 8) if k <= max(spectra["k"])]
            y = spectra["mean_y"]["painted"] / spectra["mean_y"]["gas"]
            sums = ", ".join(f"{part['Y_painted_over_gas']:.3f}" for part in spectra["Y_painted_over_gas"])
            curves = "; ".join(f"{spectra['T'][i]:.3f}, {spectra['r'][i]:.3f}" for i in at)
            yield f"| `{'/'.join(path.parent.relative_to(run / 'paint').parts)}` ({run.name}) | {y:.3f} | {sums} | {curves} |"


def studies_of(run):
    """Finished searches of a run, by model and fold."""
    found = [json.loads(path.read_text()) for path in sorted(run.glob("search/*/trials.json"))]
    return sorted((study for study in found if any(trial["values"] for trial in study["trials"])), key=lambda study: study["study"])


def search(runs):
    yield "| run | study | trials | validation: configuration | best | core-seconds |"
    yield "|---|---|--:|--:|--:|--:|"
    for run in runs:
        for study in studies_of(run):
            done = [trial for trial in study["trials"] if trial["values"]]
            own = next((f"{trial['values'][0]:.3f}" for trial in done if trial["params"] == study["defaults"]), "")
            cost = sum(trial.get("core_seconds", 0) for trial in study["trials"])
            yield (f"| {run.name} | {study['study']} | {len(done)} | {own} | "
                   f"{min(trial['values'][0] for trial in done):.3f} | {cost:.0f} |")
    for title, results in results_of(runs):
        choice = [model["model"] for model in results["models"]].count("choice")
        if not choice:
            continue
        yield ""
        yield f"| outer folds, {title}: settings | loss / benchmark (95%) | against `{results['reference']}`: ln ratio, 95% |"
        yield "|---|---|---|"
        against = {row["model"]: row for row in results["against_reference"]}
        for model in results["models"]:
            row = against.get(model["model"])
            difference = "{:+.3f} ({:+.3f} to {:+.3f})".format(*(value + 0.0 for value in (row["median_ln_loss_ratio"], *row["median_ln_loss_ratio_95"]))) if row else ""
            yield f"| `{model['model']}` | {interval(model['L_opt'], model['L_opt_95'])} | {difference} |"


def centres(runs):
    """A row a run of tests/end_to_end/closure.ini, by the number of particles."""
    yield "| particles within R200 (median) | the least possible error | linear filter | network | correlation | where the gas is fitted best |"
    yield "|---|---|---|---|---|---|"
    for run in sorted(map(centre_limit.Run, runs), key=lambda run: run.particles.mean()):
        least, planted = float((run.bounds**2).mean() ** 0.5), centre_limit.rms(run.planted)
        errors = least, *(centre_limit.rms(found - run.planted) for found in (run.filter, run.network))
        cells = [f"{error:.3f} ({error / planted:.2f})" for error in errors]
        gas = centre_limit.rms(run.of_the_gas() - run.planted)
        correlation = (run.network * run.planted).sum() / ((run.network**2).sum() * (run.planted**2).sum()) ** 0.5
        yield f"| {centre_limit.rounded(run.particles)} | {' | '.join(cells)} | {correlation:.3f} | {gas:.3f} ({gas / planted:.2f}) |"


TABLES = {"networks": ("validation.md", networks), "samples": ("validation.md", samples), "boxes": ("validation.md", boxes), "centres": ("validation.md", centres),
          "search": ("search.md", search)}


def main():
    words = [word for word in sys.argv[1:] if word != "--print"]
    docs = Path(words.pop(words.index("--docs") + 1)) if "--docs" in words[:-1] else figures.DOCS
    words = [word for word in words if word != "--docs"]
    if len(words) < 2 or words[0] not in TABLES:
        sys.exit(__doc__)
    page, table = TABLES[words[0]]
    runs = [Path(word) for word in words[1:]]
    for run in runs:
        if not run.is_dir():
            sys.exit(f"run_tables.py: no run directory '{run}'")
    lines = list(table(runs))
    if sum(line.startswith("| ") for line in lines) < 2:
        sys.exit(f"run_tables.py: nothing in {', '.join(map(str, runs))} for the table '{words[0]}'")
    if "--print" in sys.argv:
        print("\n".join(lines))
    else:
        figures.write(page, words[0], lines, docs, BEGIN)


if __name__ == "__main__":
    main()
