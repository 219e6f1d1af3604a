# SPDX-License-Identifier: BSD-3-Clause
"""Colour scales of maps of Compton y."""

import math

import matplotlib.colors as mpl
import numpy as np
from products import Unreadable


def colours(values, scale, largest):
    """A norm of matplotlib and the ticks of the colour bar."""
    filled = values[values > 0]
    if filled.size == 0:
        raise Unreadable("the map holds no signal: no pixel is above 0")
    top = largest or max(float(np.quantile(values, 0.9995)), float(np.median(filled)))
    exponent = int(np.floor(np.log10(top)))
    if scale == "linear":
        return mpl.Normalize(0, top), None
    low = max(float(np.quantile(filled, 0.05)), 1e-4 * top)
    if scale == "log":
        return mpl.LogNorm(low, top), [10.0**e for e in range(int(np.ceil(np.log10(low))), exponent + 1)]
    width = 10 ** (exponent - 2)
    ticks = [0] + [m * 10.0**e for e in range(exponent - 2, exponent + 1) for m in (1, 3) if m * 10.0**e <= top]
    return mpl.AsinhNorm(width, 0, top), ticks


def colour_bar(figure, image, axes, ticks):
    """Below `axes`, one panel or several."""
    bar = figure.colorbar(image, ax=axes, orientation="horizontal", extend="max", shrink=0.5, aspect=40, pad=0.03)
    bar.minorticks_off()
    if ticks:
        bar.set_ticks(ticks, labels=["0" if t == 0 else f"$10^{{{round(math.log10(t))}}}$" if f"{t:.0e}".startswith("1") else "" for t in ticks])
    bar.set_label("Compton $y$  [dimensionless]")
