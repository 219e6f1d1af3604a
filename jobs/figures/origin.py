# SPDX-License-Identifier: BSD-3-Clause
"""Where Origin centres the pressure: against Xoff, and, in a mock universe, against what was planted."""

import numpy as np
import style
from style import Figure

NEEDS = "predict"
AXES = "xyz"


def draw(run):
    for snapshot in run.snapshots:
        models = {model: shifts for model in all_models(run, snapshot) if (shifts := read(run, snapshot, model))}
        shown = [model for model in run.shown(snapshot) if model in models] or list(models)
        if not shown:
            continue
        if run.one("catalog", snapshot):
            yield against_xoff(run, snapshot, {model: models[model] for model in shown[:3]})
        if run.one("mock", snapshot):
            yield against_truth(run, snapshot, {model: models[model] for model in shown[:3]})


def all_models(run, snapshot):
    return list(dict.fromkeys(product.model for product in run.of("predict", snapshot)))


def read(run, snapshot, model):
    """{id: shift [R200]} of the clusters that a model was tested on; of several networks, the mean."""
    tested = {row["id"] for row in run.scores(snapshot).get(model, {}).get("clusters", [])}
    found = {}
    for product in run.of("predict", snapshot, model):
        if "clusters.csv" not in product.outputs:
            continue
        for row in product.rows("clusters.csv"):
            if "origin_shift_x [R200]" not in row or (tested and int(row["id"]) not in tested):
                continue
            found.setdefault(int(row["id"]), []).append([float(row[f"origin_shift_{axis} [R200]"]) for axis in AXES])
    return {number: np.mean(shifts, axis=0) for number, shifts in found.items()}


def against_xoff(run, snapshot, models):
    with run.one("catalog", snapshot).h5("clusters.h5") as file:
        table = file["clusters"]
        xoff = dict(zip(table["id"][:], table["xoff"][:] / table["r200c"][:]))
    figure, panels = style.subplots(1, len(models), height=3.3, width=style.panel_width(len(models)), squeeze=False, sharex=True, sharey=True)
    for axes, (model, (colour, _)) in zip(panels[0], style.model_style(models).items()):
        known = [number for number in models[model] if xoff.get(number, -1) >= 0]
        x, y = np.array([xoff[number] for number in known]), np.array([np.linalg.norm(models[model][number]) for number in known])
        axes.scatter(x, y, s=10, color=colour, alpha=0.6, linewidths=0)
        if len(known) > 2 and np.ptp(x) > 0 and np.ptp(y) > 0:
            axes.set_title(f"{style.cut(model)}: correlation {np.corrcoef(x, y)[0, 1]:.2f}")
        top = max(axes.get_xlim()[1], 1e-3)
        axes.plot([0, top], [0, top], color="#888888", linewidth=1, linestyle=style.LINES[1])
        axes.set(xlim=(0, top), ylim=(0, None), xlabel=r"$X_\mathrm{off}\,/\,R_{200}$ of the halo catalogue")
    panels[0][0].set_ylabel(r"shift of Origin  [$R_{200}$]")
    return Figure(f"origin_xoff_{snapshot}", "Shifts of Origin against Xoff",
                  "How far Origin moves the centre of the profile, against the distance of density peak and centre of mass in the halo catalogue. Dashed: equal.", figure)


def against_truth(run, snapshot, models):
    with run.one("mock", snapshot).h5("truth.h5") as file:
        table = file["halos"]
        truth = dict(zip(table["id"][:], table["offset"][:] / table["r200c"][:][:, None]))
    figure, panels = style.subplots(1, len(models), height=3.5, width=style.panel_width(len(models)), squeeze=False, sharex=True, sharey=True)
    for axes, (model, _) in zip(panels[0], style.model_style(models).items()):
        known = [number for number in models[model] if number in truth]
        planted, found = np.array([truth[number] for number in known]), np.array([models[model][number] for number in known])
        for axis, colour in enumerate(style.MODELS[:3]):
            axes.scatter(planted[:, axis], found[:, axis], s=12, color=colour, alpha=0.7, linewidths=0, label=AXES[axis])
        reach = max(float(np.abs(planted).max()), float(np.abs(found).max()), 1e-3) * 1.08
        axes.plot([-reach, reach], [-reach, reach], color="#888888", linewidth=1, linestyle=style.LINES[1])
        slope = float((planted * found).sum() / max((planted**2).sum(), 1e-30))
        axes.set(aspect="equal", title=f"{style.cut(model)}: slope {slope:.2f}", xlabel=r"planted offset  [$R_{200}$]")
        axes.legend(loc="upper left", handletextpad=0.1)
    panels[0][0].set_ylabel(r"shift of Origin  [$R_{200}$]")
    return Figure(f"origin_truth_{snapshot}", "Shifts of Origin, planted and recovered",
                  "The mock universe displaces the gas of each cluster from its halo by a known vector. Points: its three components.", figure)
