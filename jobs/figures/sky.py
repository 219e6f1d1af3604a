# SPDX-License-Identifier: BSD-3-Clause
"""The Compton-y sky: Mollweide, a zoom on its brightest cluster, and C_l."""

import numpy as np
import style
from colours import colour_bar, colours
from products import Unreadable
from style import Figure, plt

NEEDS = "sky"


def draw(run):
    for product in run.of("sky"):
        name = product.parts[0]
        values, header = read(product.folder / "compton_y.fits")
        first, second = titles(header)
        yield Figure(f"sky_{name}", f"The sky {name}", f"{first}; {second}.", whole(values, header))
        yield Figure(f"sky_zoom_{name}", f"Around the brightest cluster of {name}", "Gnomonic projection.", zoom(values, header, *brightest(values)))
        report = product.json("sky.json")
        if "cl" in report:
            yield spectrum(name, report["cl"])


def read(path):
    """The map and the cards of its header."""
    import healpy

    try:
        values, header = healpy.read_map(path, h=True, dtype=np.float32)
    except (OSError, IndexError, KeyError, TypeError, ValueError) as error:
        raise Unreadable(f"'{path}' cannot be read as a HEALPix map ({error}); a map is compton_y.fits of the stage sky") from None
    return values, dict(header)


def titles(header):
    def card(key, form="{}"):
        return form.format(header[key]) if key in header else "?"

    simulation = card("SIMNAME")
    what = "Thermal" if simulation in ("unknown", "?") else f"{simulation}: thermal"
    first = f"{what} Sunyaev-Zel'dovich sky, {card('ZMIN', '{:g}')} < z < {card('ZMAX', '{:g}')}"
    second = (f"model {card('MODEL')}, {card('NHALO', '{:,}')} haloes of {card('MMIN', '{:.1e}')} to {card('MMAX', '{:.1e}')} Msun/h, "
              f"nside {card('NSIDE')}, mean y {card('YMEAN', '{:.2e}')}")
    return first, second


def project(values, projector):
    """The picture of a projector of healpy, NaN outside of the sky."""
    import healpy

    nside = healpy.get_nside(values)
    picture = projector.projmap(values, lambda x, y, z: healpy.vec2pix(nside, x, y, z))
    return np.where(np.isfinite(picture), picture, np.nan)


def picture(figure, axes, image, extent, scale, largest):
    norm, ticks = colours(image[np.isfinite(image)], scale, largest)
    shown = np.maximum(image, norm.vmin) if scale == "log" else image
    drawn = axes.imshow(shown, origin="lower", extent=extent, cmap=plt.get_cmap("inferno").with_extremes(bad="white"), norm=norm, interpolation="nearest")
    axes.grid(False)
    colour_bar(figure, drawn, axes, ticks)


def whole(values, header, scale="asinh", largest=None):
    import healpy

    # A point of the picture may hold many pixels: average them first.
    while healpy.get_nside(values) > 512:
        values = healpy.ud_grade(values, healpy.get_nside(values) // 2)
    projector = healpy.projector.MollweideProj(xsize=1800)
    figure, axes = style.subplots(height=5.2, width=9)
    picture(figure, axes, project(values, projector), projector.get_extent(), scale, largest)
    angle = np.linspace(0, 2 * np.pi, 400)
    axes.plot(2 * np.cos(angle), np.sin(angle), color="black", linewidth=0.8)
    axes.set(xlim=(-2.02, 2.02), ylim=(-1.02, 1.02))
    axes.set_axis_off()
    first, second = titles(header)
    figure.suptitle(first, fontsize=12)
    axes.set_title(second, fontsize=8.5)
    return figure


def zoom(values, header, longitude, latitude, size, scale="asinh", largest=None):
    import healpy

    points = 700
    projector = healpy.projector.GnomonicProj(rot=(longitude, latitude), xsize=points, reso=60 * size / points)
    figure, axes = style.subplots(height=5.8, width=5.6)
    half = size / 2
    picture(figure, axes, project(values, projector), (half, -half, -half, half), scale, largest)
    axes.set(xlabel=f"degrees from longitude {longitude:.4g} (east to the left)", ylabel=f"degrees from latitude {latitude:.4g}")
    first, second = titles(header)
    figure.suptitle(first, fontsize=9)
    axes.set_title(second.replace(", nside", ",\nnside"), fontsize=7)
    return figure


def brightest(values):
    """Longitude, latitude and a size [degrees] around the largest pixel."""
    import healpy

    nside = healpy.get_nside(values)
    longitude, latitude = healpy.pix2ang(nside, int(np.argmax(values)), lonlat=True)
    return longitude, latitude, min(60.0, max(2.0, 150 * np.degrees(healpy.nside2resol(nside))))


def spectrum(name, table):
    figure, axes = style.subplots(height=3.6, width=5.5)
    ell = np.arange(len(table["C_l"]))
    keep = (ell > 0) & (np.array(table["C_l"]) > 0)
    axes.loglog(ell[keep], (ell * (ell + 1) / (2 * np.pi) * table["C_l"])[keep], color=style.MODELS[0])
    axes.set(xlabel=r"multipole $\ell$", ylabel=r"$\ell(\ell+1)\,C_\ell^{yy}/2\pi$")
    return Figure(f"sky_cl_{name}", f"Angular power spectrum of {name}", f"Of the map at nside {table['nside']}; the pixel window is not divided out.", figure)
