# SPDX-License-Identifier: BSD-3-Clause
"""Power of painted boxes over that of the gas, T(k) and r(k), and of single clusters within 2 R200."""

import numpy as np
import style
from style import Figure

NEEDS = "paint"


def draw(run):
    for snapshot in run.snapshots:
        boxes = {product.model: product.json("spectra.json") for product in run.boxes(snapshot)}
        if boxes:
            yield box_spectra(snapshot, dict(list(boxes.items())[:6]))
        models = run.shown(snapshot)
        if models:
            yield cluster_spectra(snapshot, {model: read_clusters(run.evaluation(snapshot, model)) for model in models})


def box_spectra(snapshot, boxes):
    with_gas = any("T" in box for box in boxes.values())
    figure, panels = style.subplots(1, 3 if with_gas else 1, height=3.2, squeeze=False, width=style.WIDTH if with_gas else 4.5)
    power = panels[0][0]
    truth = next((box for box in boxes.values() if "P_true" in box), None)
    if truth:
        power.loglog(truth["k"], truth["P_true"], color=style.GAS, linewidth=2.2, label="gas")
    for name, (colour, line) in style.model_style(boxes).items():
        box = boxes[name]
        power.loglog(box["k"], box["P_painted"], color=colour, linestyle=line, label=style.cut(name))
        if "T" in box:
            panels[0][1].semilogx(box["k"], box["T"], color=colour, linestyle=line)
            panels[0][2].semilogx(box["k"], box["r"], color=colour, linestyle=line)
    power.set(ylabel=r"$P(k)$  [(code pressure)$^2$ (Mpc/h)$^3$]")
    if with_gas:
        for axes, label, height in ((panels[0][1], r"$T(k) = \sqrt{P_\mathrm{painted}/P_\mathrm{gas}}$", None), (panels[0][2], r"correlation $r(k)$", (None, 1.02))):
            axes.axhline(1, color=style.GAS, linewidth=1)
            axes.set_title(label)
            axes.set_ylim(*(height or (None, None)))
    for axes in panels[0]:
        style.plain_log(axes.xaxis)
        axes.set_xlabel(r"$k$  [$h$/Mpc]")
    style.legend_below(figure, power)
    return Figure(f"spectra_{snapshot}", "Power spectra of the boxes",
                  "Of the pressure on the grid of paint. The window of the grid is not divided out; it cancels in T and r.", figure)


def read_clusters(product):
    with product.h5("figures.h5") as file:
        group = file["spectra"]
        shells = np.arange(1, group["gas"].shape[1])
        wave = 2 * np.pi * np.median(shells[None] / group["edge"][:][:, None], axis=0)
        return {"k": wave} | {key: group[key][:, 1:] for key in ("gas", "predicted", "benchmark", "residual", "benchmark_residual", "crossed")}


def cluster_spectra(snapshot, models):
    figure, (transfer, correlation, residual) = style.subplots(1, 3, height=3.2)
    first = next(iter(models.values()))
    for name, (colour, line) in style.model_style(models).items():
        table = models[name]
        transfer.semilogx(table["k"], np.nanmedian(ratio(table["predicted"], table["gas"]) ** 0.5, axis=0), color=colour, linestyle=line, label=style.cut(name))
        correlation.semilogx(table["k"], np.nanmedian(ratio(table["crossed"], np.sqrt(table["predicted"] * table["gas"])), axis=0), color=colour, linestyle=line)
        residual.loglog(table["k"], np.nanmedian(ratio(table["residual"], table["gas"]), axis=0), color=colour, linestyle=line)
    transfer.semilogx(first["k"], np.nanmedian(ratio(first["benchmark"], first["gas"]) ** 0.5, axis=0), color=style.BENCHMARK, label="GNFW fit")
    residual.loglog(first["k"], np.nanmedian(ratio(first["benchmark_residual"], first["gas"]), axis=0), color=style.BENCHMARK)
    transfer.axhline(1, color=style.GAS, linewidth=1)
    transfer.set(title=r"$\sqrt{P_\mathrm{predicted}/P_\mathrm{gas}}$", ylim=(0, None))
    correlation.set(title="correlation with the gas", ylim=(None, 1.02))
    residual.set(title="power of the residual / of the gas")
    for axes in (transfer, correlation, residual):
        style.plain_log(axes.xaxis)
        axes.set_xlabel(r"$k$  [$1/R_{200}$]")
    style.legend_below(figure, transfer)
    return Figure(f"cluster_spectra_{snapshot}", "Spectra of single clusters", "Within 2 R200; medians over the testing clusters.", figure)


def ratio(above, below):
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(below > 0, above / below, np.nan)
