# SPDX-License-Identifier: BSD-3-Clause
"""How all figures look: Okabe and Ito's colours, which colour-blind readers tell apart; few lines, no boxes."""

import math
from dataclasses import dataclass

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
from matplotlib.ticker import NullLocator  # noqa: E402

GAS, BENCHMARK = "#222222", "#e69f00"
MODELS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#7f6a00", "#6a3d9a", "#7a7a7a"]
LINES = ["-", (0, (5, 1.5)), (0, (1.5, 1.2)), (0, (5, 1.5, 1.2, 1.5))]
WIDTH = 8.0  # inches

plt.rcParams.update({
    "font.family": "DejaVu Sans", "font.size": 9, "axes.titlesize": 9.5, "axes.labelsize": 9, "legend.fontsize": 8,
    "xtick.labelsize": 8, "ytick.labelsize": 8, "axes.spines.top": False, "axes.spines.right": False,
    "axes.edgecolor": "#555555", "xtick.color": "#555555", "ytick.color": "#555555", "xtick.labelcolor": "black",
    "ytick.labelcolor": "black", "axes.grid": True, "grid.color": "#e6e6e6", "grid.linewidth": 0.6, "axes.axisbelow": True,
    "lines.linewidth": 1.6, "legend.frameon": False, "figure.constrained_layout.use": True, "figure.constrained_layout.w_pad": 0.08, "figure.constrained_layout.h_pad": 0.08, "savefig.facecolor": "white",
})


@dataclass
class Figure:
    """A picture of the report."""

    name: str  # of its file
    title: str
    caption: str
    canvas: object  # a matplotlib figure

    def save(self, folder, dpi):
        path = folder / f"{self.name}.png"
        self.canvas.savefig(path, dpi=dpi)
        plt.close(self.canvas)
        return path


def subplots(rows=1, columns=1, height=3.4, width=WIDTH, **keywords):
    return plt.subplots(rows, columns, figsize=(width, height), **keywords)


def plain_log(axis):
    """Ticks of a logarithmic axis as plain numbers, as many as there is room for."""
    low, high = sorted(axis.get_view_interval())
    for steps in ((1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9), (1, 1.5, 2, 3, 5, 7), (1, 2, 5), (1, 3), (1,)):
        ticks = [step * 10.0**e for e in range(-12, 13) for step in steps if low <= step * 10.0**e <= high]
        if len(ticks) <= 7:
            break
    axis.set_ticks(ticks, labels=[f"{tick:g}" for tick in ticks])
    axis.set_minor_locator(NullLocator())


def legend_below(figure, axes, columns=5):
    """The legend of all panels, of which `axes` is one."""
    handles, labels = axes.get_legend_handles_labels()
    share = 0.28 * math.ceil(len(labels) / columns) / figure.get_figheight()
    figure.set_layout_engine("constrained", rect=(0, share, 1, 1 - share))
    figure.legend(handles, labels, loc="lower center", ncol=min(columns, len(labels)), borderaxespad=0.1)


def panel_width(panels):
    """Of a figure with a panel a model: one alone need not be wide."""
    return min(WIDTH, 1.0 + 3.4 * panels)


def model_style(models):
    """{model: (colour, line style)}; where colours come again, lines differ."""
    return {model: (MODELS[i % len(MODELS)], LINES[i // len(MODELS) % len(LINES)]) for i, model in enumerate(models)}


def mass(value_1e10msunh):
    """A mass as text in mathtext, M200c/(Msun/h)."""
    exponent = int(f"{value_1e10msunh * 1e10:e}".split("e")[1])
    return rf"${value_1e10msunh * 1e10 / 10**exponent:.2f}\times 10^{{{exponent}}}\,M_\odot/h$"


def cut(text, length=26):
    return text if len(text) <= length else text[: length - 1] + "…"


MASS_LABEL = r"$M_{200c}$  [$M_\odot/h$]"
RADIUS_LABEL = r"$r\,/\,R_{200}$"
PRESSURE_LABEL = r"$P_e\,/\,P_{200}$"
