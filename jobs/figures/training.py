# SPDX-License-Identifier: BSD-3-Clause
"""How training went: the loss of training and the ratio to the benchmark on validation clusters, epoch by epoch."""

import numpy as np
import style
from matplotlib.ticker import MaxNLocator
from style import Figure

NEEDS = "train"


def draw(run):
    for snapshot in run.snapshots:
        histories = {}
        for model in run.shown(snapshot) or list(dict.fromkeys(product.model for product in run.of("train", snapshot)))[:3]:
            histories[model] = [read(product) for product in run.of("train", snapshot, model) if "history.h5" in product.outputs]
        histories = {model: curves for model, curves in histories.items() if curves}
        if histories:
            yield curves_of(snapshot, histories)


def read(product):
    with product.h5("history.h5") as file:
        return {key: file[key][:] for key in ("training_loss", "validation_ratio")} | {"best": int(file.attrs["best_epoch"])}


def curves_of(snapshot, histories):
    figure, panels = style.subplots(2, len(histories), height=4.4, width=style.panel_width(len(histories)), squeeze=False, sharex="col", sharey="row")
    for column, (model, (colour, _)) in zip(panels.T, style.model_style(histories).items()):
        for axes, key in zip(column, ("training_loss", "validation_ratio")):
            for history in histories[model]:
                epochs = np.arange(1, len(history[key]) + 1)
                known = np.isfinite(history[key])
                few = known.sum() < 5
                axes.plot(epochs[known], history[key][known], color=colour, alpha=0.35, linewidth=0.9, marker="o" if few else None, markersize=3)
                if key == "validation_ratio" and known[history["best"]]:
                    axes.plot(history["best"] + 1, history[key][history["best"]], "o", color=colour, markersize=4)
            length = min(len(history[key]) for history in histories[model])
            if np.isfinite([history[key][:length] for history in histories[model]]).all():
                axes.plot(np.arange(1, length + 1), np.median([history[key][:length] for history in histories[model]], axis=0), color=colour)
        column[0].set(title=f"{style.cut(model)}: {len(histories[model])} network{'s' * (len(histories[model]) > 1)}", yscale="log")
        column[1].axhline(1, color=style.BENCHMARK, linewidth=1.4)
        column[1].set(xlabel="epoch", yscale="log")
        column[1].xaxis.set_major_locator(MaxNLocator(6, integer=True))
    for row in panels:
        style.plain_log(row[0].yaxis)
    panels[0][0].set_ylabel("training loss, weighted")
    panels[1][0].set_ylabel("validation: loss / benchmark")
    figure.align_ylabels()
    return Figure(f"training_{snapshot}", "Training curves", "Thin lines: the networks of all folds and seeds; thick line: their median; dots: the best validation ([train] keep says which parameters became the model).", figure)
