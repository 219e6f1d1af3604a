# SPDX-License-Identifier: BSD-3-Clause
"""Compton y through the box along its three axes, painted and of the gas."""

import h5py
import numpy as np
import style
from colours import colour_bar, colours
from products import Unreadable
from style import Figure

NEEDS = "paint"


def draw(run):
    for product in run.boxes():
        name = "_".join(product.parts)
        yield Figure(f"box_{name}", f"The box {product.model} at {product.snapshot}", "Compton y along the axes, asinh scale.",
                     panels(*read(product.folder / "maps.h5"), product.model))


def read(path):
    """{"y_x": map, ...}, the box [cMpc/h] and what the file says of itself."""
    try:
        with h5py.File(path) as file:
            maps = {name: file[name][:] for name in file if name.startswith("y_")}
            about = {key: file.attrs[key] for key in file.attrs}
    except (OSError, KeyError) as error:
        raise Unreadable(f"'{path}' cannot be read as HDF5 ({error}); maps of a box are maps.h5 of the stage paint") from None
    lacking = [name for name in ("y_x", "y_y", "y_z") if name not in maps] + [f"@{key}" for key in ("box_ckpch", "redshift") if key not in about]
    if lacking:
        raise Unreadable(f"'{path}' has no {', '.join(lacking)}; it is no maps.h5 of the stage paint (`setsz inspect` shows what it is)")
    return maps, float(about["box_ckpch"]) / 1000, about


def text(about, key):
    value = about.get(key, "")
    return value.decode() if isinstance(value, bytes) else str(value)


def panels(maps, box, about, model="", scale="asinh", largest=None):
    kinds = [("", "painted"), ("_gas", "gas of the simulation")] if "y_x_gas" in maps else [("", "painted")]
    norm, ticks = colours(np.concatenate([values.ravel() for values in maps.values()]), scale, largest)
    figure, grid = style.subplots(len(kinds), 3, width=9, height=1.2 + 3.1 * len(kinds), squeeze=False, sharex=True, sharey=True)
    for row, (suffix, kind) in enumerate(kinds):
        for column, (axis, across, up) in enumerate((("x", "y", "z"), ("y", "x", "z"), ("z", "x", "y"))):
            values = maps[f"y_{axis}{suffix}"]
            shown = np.maximum(values, norm.vmin) if scale == "log" else values
            image = grid[row, column].imshow(shown.T, origin="lower", extent=(0, box, 0, box), cmap="inferno", norm=norm)
            grid[row, column].set_title(f"{kind}, along {axis}: mean y {values.mean():.2e}", fontsize=8)
            grid[row, column].set_xlabel(f"{across} [cMpc/h]", fontsize=8)
            grid[row, column].set_ylabel(f"{up} [cMpc/h]", fontsize=8)
            grid[row, column].grid(False)
    colour_bar(figure, image, grid, ticks)
    simulation, model = text(about, "simulation"), model or text(about, "model")
    figure.suptitle(", ".join(["Compton y through the box" + (f" of {simulation}" if simulation not in ("", "unknown") else ""), f"z = {round(float(about['redshift']), 4):g}"]
                              + ([f"model {model}"] if model else [])), fontsize=12)
    return figure
