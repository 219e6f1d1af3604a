#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Draws a Compton-y map as PNG: the sky (compton_y.fits) or the box (maps.h5)."""

import argparse
import math
import sys
from pathlib import Path

EPILOG = """\
examples:
  map.py run/sky/lo/compton_y.fits                     the whole sky, Mollweide, asinh scale
  map.py run/sky/lo/compton_y.fits --zoom 120 30 10    10 degrees around longitude 120, latitude 30
  map.py run/sky/field/compton_y.fits                  a part of the sky: the region that it shows
  map.py run/paint/z0/lo/maps.h5 --scale log           y along x, y, z; painted above gas
Needs matplotlib and numpy; healpy for the sky (its astropy for plate carree images), h5py for the box (apt install python3-matplotlib
python3-healpy python3-h5py)."""


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="compton_y.fits of the stage sky or maps.h5 of the stage paint")
    parser.add_argument("-o", "--out", type=Path, help="the picture (default: FILE with the suffix .png)")
    parser.add_argument("--scale", choices=["asinh", "log", "linear"], default="asinh", help="of the colours (default: asinh)")
    parser.add_argument("--max", type=float, help="y at the end of the colours (default: exceeded in 0.05%% of the pixels)")
    parser.add_argument("--zoom", type=float, nargs=3, metavar=("LON", "LAT", "SIZE"), help="a part of the sky [degrees]")
    parser.add_argument("--dpi", type=int, default=160)
    return parser.parse_args()


def need(*modules):
    """Imports modules, or says what to install."""
    try:
        return [__import__(name, fromlist=["_"]) for name in modules]
    except ImportError as error:
        sys.exit(f"map.py: Python has no module '{error.name}'; install it (apt install python3-{error.name}, or pip install {error.name})")


def colours(values, scale, largest):
    """A norm of matplotlib and the ticks of the colour bar."""
    np, mpl = need("numpy", "matplotlib.colors")
    filled = values[values > 0]
    if filled.size == 0:
        sys.exit("map.py: the map holds no signal")
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


def colour_bar(figure, image, where, ticks):
    bar = figure.colorbar(image, cax=where, orientation="horizontal", extend="max")
    bar.minorticks_off()
    if ticks:
        bar.set_ticks(ticks, labels=["0" if t == 0 else f"$10^{{{round(math.log10(t))}}}$" if f"{t:.0e}".startswith("1") else "" for t in ticks])
    bar.set_label("Compton $y$  [dimensionless]")


def lattice(zoom, width):
    """Longitude and latitude of the pixels of the picture, and its extent; NaN outside of the sky."""
    (np,) = need("numpy")
    if zoom:
        lon0, lat0, size = np.radians(zoom)
        x, y = np.meshgrid(np.linspace(size / 2, -size / 2, width), np.linspace(-size / 2, size / 2, width))
        rho = np.hypot(x, y)  # gnomonic
        c = np.arctan(rho)
        lat = np.arcsin(np.cos(c) * np.sin(lat0) + y * np.cos(c) * np.cos(lat0))
        lon = lon0 + np.arctan2(x, np.cos(lat0) - y * np.sin(lat0))
        half = zoom[2] / 2
        return lon, lat, (half, -half, -half, half)
    x, y = np.meshgrid(np.linspace(2, -2, 2 * width), np.linspace(-1, 1, width))
    with np.errstate(invalid="ignore"):  # Mollweide, east to the left
        t = np.arcsin(y)
        lat = np.arcsin((2 * t + np.sin(2 * t)) / np.pi)
        lon = np.pi / 2 * x / np.cos(t)
    lat[np.abs(lon) > np.pi] = np.nan
    return lon, lat, (2, -2, -1, 1)


def sky_title(header):
    def card(key, form="{}"):
        return form.format(header[key]) if key in header else "?"

    name = card("SIMNAME")
    what = "Thermal" if name == "unknown" else f"{name}: thermal"
    first = f"{what} Sunyaev-Zel'dovich sky, {card('ZMIN', '{:g}')} < z < {card('ZMAX', '{:g}')}"
    pixels = f"nside {header['NSIDE']}" if "NSIDE" in header else f"plate carree, {60 * header['CDELT2']:.3g} arcmin"
    second = (f"model {card('MODEL')}, {card('NHALO', '{:,}')} haloes of {card('MMIN', '{:.1e}')} to {card('MMAX', '{:.1e}')} $M_\\odot/h$, "
              f"{pixels}, mean y {card('YMEAN', '{:.2e}')}")
    return first, second


class HealpixSky:
    """Pixels of a HEALPix map; of a part of the sky, NaN elsewhere."""

    def __init__(self, path):
        self.np, self.healpy = need("numpy", "healpy")
        _, fits = need("numpy", "astropy.io.fits")
        header = fits.getheader(path, 1)
        partial = header["INDXSCHM"] == "EXPLICIT"
        values = self.healpy.read_map(path, partial=partial, dtype=self.np.float32)
        self.header = dict(header)
        self.values = self.np.where(values == self.np.float32(self.healpy.UNSEEN), self.np.nan, values)
        self.seen = self.healpy.pix2ang(header["NSIDE"], self.np.flatnonzero(self.np.isfinite(self.values)), lonlat=True) if partial else None

    def at(self, lon, lat, coarsely):
        values, nside = self.values, self.healpy.get_nside(self.values)
        # A point of the picture may hold many pixels: average them first.
        while coarsely and self.seen is None and nside > 512:
            values, nside = self.healpy.ud_grade(values, nside // 2), nside // 2
        return values[self.healpy.ang2pix(nside, self.np.pi / 2 - lat, lon % (2 * self.np.pi))]


class CarSky:
    """Pixels of a plate carree image; NaN where it shows nothing."""

    def __init__(self, path):
        self.np, fits = need("numpy", "astropy.io.fits")
        with fits.open(path) as hdus:
            self.header, self.values = dict(hdus[0].header), hdus[0].data.astype(self.np.float32)
        rows, columns = self.values.shape
        full = columns * self.header["CDELT2"] > 359.9 and rows * self.header["CDELT2"] > 180
        x, y = self.np.array([0, columns - 1]), self.np.array([0, rows - 1])
        self.seen = None if full else tuple(self.header[f"CRVAL{i}"] + (at + 1 - self.header[f"CRPIX{i}"]) * self.header[f"CDELT{i}"] for i, at in ((1, x), (2, y)))

    def at(self, lon, lat, coarsely):
        np, header, (rows, columns) = self.np, self.header, self.values.shape
        y = np.rint(np.degrees(lat) / header["CDELT2"] + header["CRPIX2"]).astype(int) - 1
        turn = np.rint(360 / header["CDELT2"]).astype(int)
        x = (np.rint((np.degrees(lon) - header["CRVAL1"]) / header["CDELT1"] + header["CRPIX1"]).astype(int) - 1) % turn
        inside = (x < columns) & (y >= 0) & (y < rows)
        return np.where(inside, self.values[np.where(inside, y, 0), np.where(inside, x, 0)], np.nan)


def region(seen):
    """Longitude, latitude and size of a part of the sky [degrees], to zoom in; none if it is too large."""
    (np,) = need("numpy")
    lon, lat = np.radians(seen[0]), np.radians(seen[1])
    x, y, z = (np.cos(lat) * np.cos(lon)).mean(), (np.cos(lat) * np.sin(lon)).mean(), np.sin(lat).mean()
    centre = np.degrees(np.arctan2(y, x)), np.degrees(np.arctan2(z, np.hypot(x, y)))
    width = np.ptp((seen[0] - centre[0] + 180) % 360) * np.cos(np.radians(centre[1]))
    size = 1.1 * max(width, np.ptp(seen[1]))
    return (*centre, size) if size < 100 else None


def draw_sky(options):
    plt, np, fits = need("matplotlib.pyplot", "numpy", "astropy.io.fits")
    sky = (CarSky if fits.getheader(options.file, 0)["NAXIS"] > 0 else HealpixSky)(options.file)
    header = sky.header
    if not options.zoom and sky.seen:
        options.zoom = region(sky.seen)
    lon, lat, extent = lattice(options.zoom, 900)
    inside = np.isfinite(lat)
    picture = np.full(lat.shape, np.nan, dtype=np.float32)
    picture[inside] = sky.at(lon[inside], lat[inside], coarsely=not options.zoom)

    figure = plt.figure(figsize=(7, 8) if options.zoom else (11, 6.8))
    axes = figure.add_axes((0.1, 0.2, 0.86, 0.68) if options.zoom else (0.02, 0.14, 0.96, 0.74))
    inside = np.isfinite(picture)
    if header.get("EXTNAME", "COMPTON_Y").strip() != "COMPTON_Y":
        sys.exit(f"map.py: {options.file} is a map of {header['EXTNAME']}; only maps of Compton y are drawn")
    norm, ticks = colours(picture[inside], options.scale, options.max)
    cmap = plt.get_cmap("inferno").with_extremes(bad="white")
    if options.scale == "log":
        picture[inside] = np.maximum(picture[inside], norm.vmin)
    image = axes.imshow(picture, origin="lower", extent=extent, cmap=cmap, norm=norm, aspect="equal", interpolation="nearest")
    if options.zoom:
        axes.set_xlabel(f"degrees from longitude {options.zoom[0]:.4g} (east to the left)")
        axes.set_ylabel(f"degrees from latitude {options.zoom[1]:.4g}")
    else:
        angle = np.linspace(0, 2 * np.pi, 400)
        axes.plot(2 * np.cos(angle), np.sin(angle), color="black", linewidth=0.8)
        axes.set(xlim=(2.02, -2.02), ylim=(-1.02, 1.02))
        axes.set_axis_off()
    colour_bar(figure, image, figure.add_axes((0.25, 0.1, 0.5, 0.025)), ticks)
    first, second = sky_title(header)
    figure.suptitle(first, fontsize=13 if not options.zoom else 10, y=0.97)
    figure.text(0.5, 0.905, second, ha="center", fontsize=9.5 if not options.zoom else 7)
    return figure


def draw_box(options):
    plt, np, h5py = need("matplotlib.pyplot", "numpy", "h5py")
    with h5py.File(options.file) as file:
        maps = {name: file[name][:] for name in file if name.startswith("y_")}
        box, redshift = float(file.attrs["box_ckpch"]) / 1000, float(file.attrs["redshift"])
    kinds = [("", "painted"), ("_gas", "gas of the simulation")] if "y_x_gas" in maps else [("", "painted")]
    norm, ticks = colours(np.concatenate([m.ravel() for m in maps.values()]), options.scale, options.max)
    figure, axes = plt.subplots(len(kinds), 3, figsize=(11, 1.6 + 3.7 * len(kinds)), squeeze=False, sharex=True, sharey=True)
    for row, (suffix, kind) in enumerate(kinds):
        for column, (axis, across, up) in enumerate((("x", "y", "z"), ("y", "x", "z"), ("z", "x", "y"))):
            values = maps[f"y_{axis}{suffix}"]
            if options.scale == "log":
                values = np.maximum(values, norm.vmin)
            image = axes[row, column].imshow(values.T, origin="lower", extent=(0, box, 0, box), cmap="inferno", norm=norm)
            axes[row, column].set_title(f"{kind}, along {axis}: mean y {maps[f'y_{axis}{suffix}'].mean():.2e}", fontsize=9)
            axes[row, column].set_xlabel(f"{across} [cMpc/h]", fontsize=8)
            axes[row, column].set_ylabel(f"{up} [cMpc/h]", fontsize=8)
    figure.tight_layout(rect=(0, 0.9 / figure.get_figheight(), 1, 0.96))
    colour_bar(figure, image, figure.add_axes((0.25, 0.55 / figure.get_figheight(), 0.5, 0.14 / figure.get_figheight())), ticks)
    figure.suptitle(f"Compton y through the box, z = {round(redshift, 4):g}", fontsize=13)
    return figure


def main():
    options = arguments()
    if not options.file.is_file():
        sys.exit(f"map.py: there is no file '{options.file}'")
    (matplotlib,) = need("matplotlib")
    matplotlib.use("Agg")
    figure = draw_box(options) if options.file.suffix in (".h5", ".hdf5") else draw_sky(options)
    out = options.out or options.file.with_suffix(".png")
    figure.savefig(out, dpi=options.dpi)
    print(out)


if __name__ == "__main__":
    main()
