# SPDX-License-Identifier: BSD-3-Clause
"""Voxels by log10(P/P200), and over those of the gas, with Poisson errors (Thiele et al. 2022, Fig. 5)."""

import numpy as np
import style
from style import Figure

NEEDS = "evaluate"


def draw(run):
    for snapshot in run.snapshots:
        models = run.shown(snapshot)
        if models:
            yield histogram(snapshot, {model: run.scores(snapshot)[model]["histogram"] for model in models})


def histogram(snapshot, tables):
    first = next(iter(tables.values()))
    edges, gas = np.array(first["log10_pressure_edges"]), np.array(first["gas"], dtype=float)
    curves = [("gas", gas, first["poisson_error"]["gas"], style.GAS, "-"),
              ("GNFW fit", first["benchmark"], first["poisson_error"]["benchmark"], style.BENCHMARK, "-")]
    for model, (colour, line) in style.model_style(tables).items():
        curves.append((style.cut(model), tables[model]["predicted"], tables[model]["poisson_error"]["predicted"], colour, line))
    figure, (top, bottom) = style.subplots(2, 1, height=4.6, sharex=True, gridspec_kw={"height_ratios": [2, 1]})
    for label, counts, errors, colour, line in curves:
        counts, errors = np.array(counts, dtype=float), np.array(errors)
        top.stairs(counts, edges, color=colour, linestyle=line, label=label, linewidth=2.2 if label == "gas" else 1.5)
        known = gas > 0
        ratio, error = counts[known] / gas[known], errors[known] / gas[known]
        centre = ((edges[1:] + edges[:-1]) / 2)[known]
        bottom.fill_between(centre, ratio - error, ratio + error, step="mid", color=colour, alpha=0.25, linewidth=0)
        bottom.step(centre, ratio, where="mid", color=colour, linestyle=line, linewidth=1.2)
    top.set(yscale="log", ylabel="voxels", ylim=(max(0.8, top.get_ylim()[0]), None))
    top.legend(loc="lower center")
    filled = np.flatnonzero(gas > 0)
    bottom.set(ylim=(0, 2), xlim=(edges[filled[0]], edges[filled[-1] + 1]), ylabel="over gas", xlabel=r"$\log_{10}(P_e\,/\,P_{200})$")
    figure.align_ylabels()
    outside = [("gas", first["outside"]["gas"]), ("GNFW fit", first["outside"]["benchmark"])] + [(style.cut(model), table["outside"]["predicted"]) for model, table in tables.items()]
    return Figure(f"histogram_{snapshot}", "Distribution of the pressure",
                  "All voxels within 2 R200 of the testing clusters; below, over the gas. Bands: Poisson errors of the counts. Outside of the bins (below or 0, above): "
                  + "; ".join(f"{name} {of['below']}, {of['above']}" for name, of in outside) + ".", figure)
