# SPDX-License-Identifier: BSD-3-Clause
"""Gas, predictions, fitted profile and their residuals of four clusters (Thiele et al. 2022, Figs. 3 and 6)."""

import numpy as np
import style
from matplotlib.colors import AsinhNorm, TwoSlopeNorm
from style import Figure

NEEDS = "evaluate"


def draw(run):
    for snapshot in run.snapshots:
        models = run.shown(snapshot)[:2] if "cnn" not in run.shown(snapshot) else [run.shown(snapshot)[0], "cnn"]
        images = {model: read(run.evaluation(snapshot, model)) for model in models}
        if images:
            yield gallery(snapshot, images)


def read(product):
    """Integrals along z of gas, prediction and benchmark [P200 R200], and the masses, of the four clusters."""
    with product.h5("figures.h5") as file:
        images = file["images"]
        return {"id": images["id"][:], "mass": images["m200c"][:], "maps": images["projections"][:, :, 2]}


def gallery(snapshot, images):
    first = next(iter(images.values()))
    names = ["gas", *images, "GNFW fit"]
    columns = len(names) + len(images) + 1
    figure, panels = style.subplots(len(first["id"]), columns, height=0.6 + 1.28 * len(first["id"]) * 6 / columns, squeeze=False,
                                    gridspec_kw={"wspace": 0.02, "hspace": 0.02})
    for row, axes in enumerate(panels):
        gas, benchmark = first["maps"][row, 0], first["maps"][row, 2]
        maps = [gas, *(each["maps"][row, 1] for each in images.values()), benchmark]
        residuals = [image - gas for image in maps[1:]]
        norm = AsinhNorm(max(gas.max() / 30, 1e-12), 0, max(gas.max(), 1e-12))
        largest = max(float(np.quantile(np.abs(residuals), 0.995)), 1e-12)
        for panel, image in zip(axes, maps):
            shown = panel.imshow(image.T, origin="lower", cmap="inferno", norm=norm, extent=(-2, 2, -2, 2))
        for panel, image in zip(axes[len(maps):], residuals):
            shown_residual = panel.imshow(image.T, origin="lower", cmap="RdBu_r", norm=TwoSlopeNorm(0, -largest, largest), extent=(-2, 2, -2, 2))
        figure.colorbar(shown, ax=axes[: len(maps)], pad=0.01, aspect=12, shrink=0.9).ax.tick_params(labelsize=6)
        figure.colorbar(shown_residual, ax=axes[len(maps):], pad=0.01, aspect=12, shrink=0.9).ax.tick_params(labelsize=6)
        axes[0].set_ylabel(style.mass(first["mass"][row]), fontsize=7)
        for panel in axes:
            panel.set(xticks=[], yticks=[])
            panel.grid(False)
            for spine in panel.spines.values():
                spine.set_visible(False)
    titles = [*names, *(f"{name} − gas" for name in names[1:])]
    for panel, title in zip(panels[0], titles):
        panel.set_title(style.cut(title, 18), fontsize=7.5)
    return Figure(f"clusters_{snapshot}", "Four clusters: gas, predictions, fitted profile",
                  "The clusters at 25, 50, 75 and 100% of the testing clusters by mass; each image is 4 R200 wide. Electron pressure integrated along z within "
                  "2 R200 [P200 R200], asinh scale, and the differences to the gas.", figure)
