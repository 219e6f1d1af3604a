# SPDX-License-Identifier: BSD-3-Clause
"""Integrated Compton y against mass, and predicted over that of the gas."""

import numpy as np
import style
from style import Figure

NEEDS = "evaluate"


def draw(run):
    for snapshot in run.snapshots:
        models = run.shown(snapshot)
        if models:
            yield relation(snapshot, {model: run.scores(snapshot)[model] for model in models})


def relation(snapshot, scores):
    figure, (left, right) = style.subplots(1, 2, height=3.7)
    first = next(iter(scores.values()))
    mass = 1e10 * np.array([row["m200c"] for row in first["clusters"]])
    gas = np.array([row["y_gas"] for row in first["clusters"]])
    left.scatter(mass, gas, s=16, facecolors="none", edgecolors=style.GAS, linewidths=0.9, label="gas")
    fits = {model: score["y_mass"] for model, score in scores.items()}  # null: too few clusters for a law
    if first["y_mass"]:
        law(left, first["y_mass"], "gas", mass, style.GAS)
        law(left, first["y_mass"], "benchmark", mass, style.BENCHMARK, "GNFW fit")
    for model, (colour, line) in style.model_style(scores).items():
        rows = scores[model]["clusters"]
        mass = 1e10 * np.array([row["m200c"] for row in rows])
        predicted, gas = (np.array([row[key] for row in rows]) for key in ("y_pred", "y_gas"))
        table = scores[model]["y"]
        left.scatter(mass, predicted, s=7, color=colour, alpha=0.6, linewidths=0, label=style.cut(model) + (f": scatter {fits[model]['predicted']['scatter']:.2f}" if fits[model] else ""))
        right.scatter(mass, predicted / gas, s=9, color=colour, alpha=0.6, linewidths=0, label=f"{style.cut(model)}: sums {table['sum_pred_over_gas']:.3f}")
    right.axhline(1, color=style.GAS, linewidth=1)
    left.set(xscale="log", yscale="log", xlabel=style.MASS_LABEL, ylabel=r"$Y(<2 R_{200})$  [(kpc/h)$^2$]")
    right.set(xscale="log", yscale="log", xlabel=style.MASS_LABEL, ylabel=r"$Y_\mathrm{predicted}\,/\,Y_\mathrm{gas}$")
    right.set_ylim(None, 1.6 * right.get_ylim()[1])  # room for the legend
    style.plain_log(right.yaxis)
    left.legend(loc="upper left")
    right.legend(loc="upper right")
    about = f"Scatter of ln Y about the power law; that of the gas is {first['y_mass']['gas']['scatter']:.2f}." if first["y_mass"] else "Too few testing clusters for a power law."
    return Figure(f"y_mass_{snapshot}", "Y and mass", f"{about} Right: of each testing cluster, and of the sums.", figure)


def law(axes, table, key, mass, colour, label=None):
    ends = np.array([mass.min(), mass.max()])
    fit = table[key]
    axes.plot(ends, np.exp(fit["intercept"] + fit["slope"] * np.log(ends / (1e10 * table["pivot_m200c"]))), color=colour, linewidth=1.2, label=label)
