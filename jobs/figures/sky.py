# SPDX-License-Identifier: BSD-3-Clause
"""The Compton-y sky: Mollweide, a zoom on its brightest cluster, and C_l."""

import itertools

import coordinates
import numpy as np
import style
from colours import colour_bar, colours
from products import Unreadable
from style import Figure, plt

NEEDS = "sky"


def draw(run):
    for product in of_y(run):
        name = product.parts[0]
        sky = read(product.folder / "compton_y.fits")
        first, second = titles(sky.header)
        yield Figure(f"sky_{name}", f"The sky {name}", f"{first}; {second}.", overview(sky))
        haloes, radius = haloes_of(run, product.folder / "compton_y.fits")
        circles = f" Circles: {radius} of the clusters of the light cone that are largest there." if haloes else ""
        yield Figure(f"sky_zoom_{name}", f"Around the brightest cluster of {name}", "Gnomonic projection." + circles, zoom(sky, *sky.brightest(), haloes=haloes))
        for _, report in run.read([product], "sky.json"):
            cl = report.get("cl")
            if cl and cl.get("field", "compton_y") == "compton_y":
                yield spectrum(name, cl)
    yield from side_by_side(run)


def haloes_of(run, path):
    """As `beside`; a damaged light cone costs the circles alone."""
    try:
        return coordinates.beside(path)
    except Unreadable as error:
        run.leave_out(error)
        return None, ""


def of_y(run):
    """Skies with a map of y; others have tau or ksz alone."""
    return [product for product in run.of("sky") if "compton_y.fits" in product.outputs]


# Cards that two maps of the same haloes in the same places share.
PLACES = "SIMNAME", "SNAPS", "ZMIN", "ZMAX", "REPLICAS", "ROTSEED", "OBSX", "OBSY", "OBSZ", "BOXSIZE", "CATFILE"


def side_by_side(run):
    """Skies of the same haloes that differ in what was painted: the same field of each, and what the others have more than the first."""
    paths = {product.parts[0]: product.folder / "compton_y.fits" for product in of_y(run)}
    headers = {name: header_of(path) for name, path in paths.items()}
    for names in same_places(headers):
        haloes, _ = haloes_of(run, paths[names[0]])
        images, place = around_the_brightest({name: paths[name] for name in names[:4]}, haloes)
        if len(images) > 1:
            yield fields(images, headers, place, haloes)


def same_places(headers):
    groups = {}
    for name, header in headers.items():
        groups.setdefault(tuple(str(header.get(card)) for card in PLACES), []).append(name)
    return [names for names in groups.values() if len(names) > 1]


def around_the_brightest(paths, haloes=None, place=None):
    """Images of the skies around a place, one map in memory at a time; longitude, latitude, size [degrees]: the brightest pixel of the first and 8 R200 of its cluster, if a light cone knows it."""
    import healpy

    points, images = 350, {}
    for name, path in paths.items():
        sky = read(path)
        place = place or around_cluster(sky.brightest(), haloes)
        image = project(sky, healpy.projector.GnomonicProj(rot=place[:2], xsize=points, reso=60 * place[2] / points))
        if np.isfinite(image).any():
            images[name] = image
    return images, place


def around_cluster(place, haloes):
    radius = haloes.radius_at(*place[:2]) if haloes else 0
    return (*place[:2], float(f"{8 * radius:.2g}")) if radius > 0 else place


def fields(images, headers, place, haloes=None):
    longitude, latitude, size = place
    (reference, base), *others = images.items()
    norm, ticks = colours(base[np.isfinite(base)], "asinh", float(max(np.nanmax(image) for image in images.values())))
    change = float(max(np.nanquantile(abs(image - base), 0.999) for _, image in others)) or norm.vmax  # single pixels beyond
    panels = [(style.cut(name), image, {"cmap": "inferno", "norm": norm}) for name, image in images.items()]
    panels += [(style.cut(f"{name} - {reference}"), image - base, {"cmap": "RdBu_r", "vmin": -change, "vmax": change}) for name, image in others]
    columns = 3 if len(images) == 2 else len(images)
    figure, grid = style.subplots(-(-len(panels) // columns), columns, height=3.3 * -(-len(panels) // columns), width=3.1 * columns, squeeze=False)
    half = size / 2
    for axes, panel in zip(grid.flat, panels + [None] * columns):
        axes.set_visible(panel is not None)
        if panel is not None:
            title, image, keywords = panel
            drawn = axes.imshow(image, origin="lower", extent=(half, -half, -half, half), **keywords)
            axes.grid(False)
            if haloes:
                colour = "white" if "norm" in keywords else "0.4"
                coordinates.draw_circles(axes, coordinates.Plane(longitude, latitude), size, haloes, most=3, color=colour)
            axes.set(title=title, xlabel="degrees", xticks=[-half, 0, half], yticks=[-half, 0, half], xlim=(half, -half), ylim=(-half, half))
            bar = figure.colorbar(drawn, ax=axes, location="bottom", ticks=ticks[:: -(-len(ticks) // 4)] if "norm" in keywords else [-change, 0, change], format="%.1g")
            bar.ax.minorticks_off()
    painted = "; ".join(f"{name}: {headers[name].get('SOURCE', '?')} {headers[name].get('MODEL', '')}, profile {headers[name].get('PROFILE', '?')}" for name in images)
    return Figure("sky_fields_" + "_".join(images), "The same field of several skies",
                  f"Compton y around the brightest pixel of {reference} (longitude {longitude:.4g}, latitude {latitude:.4g}), and differences. Dashed: R200 of the largest clusters. Simulation, places and turns are the same ({painted}).", figure)


class HealpixSky:
    """Pixels of a HEALPix map; of a part of the sky, NaN elsewhere."""

    def __init__(self, values, header):
        import healpy

        self.values = np.where(values == np.float32(healpy.UNSEEN), np.nan, values)
        self.header, self.nside = header, healpy.get_nside(values)
        self.pixel_deg = np.degrees(healpy.nside2resol(self.nside))
        partial = header.get("INDXSCHM") == "EXPLICIT"
        self.seen = healpy.pix2ang(self.nside, np.flatnonzero(np.isfinite(self.values)), lonlat=True) if partial else None

    def index(self, x, y, z):
        import healpy

        return healpy.vec2pix(self.nside, x, y, z)

    def coarse(self):
        """For pictures of which a point may hold many pixels: their means."""
        import healpy

        if self.seen is not None or self.nside <= 512:
            return self
        return HealpixSky(healpy.ud_grade(self.values, 512), self.header)

    def brightest(self):
        """Longitude, latitude and a size [degrees] around the largest pixel."""
        import healpy

        longitude, latitude = healpy.pix2ang(self.nside, int(np.nanargmax(self.values)), lonlat=True)
        return longitude, latitude, zoom_size(self.pixel_deg)


class ImageSky:
    """Pixels of an image, one after the other, with NaN at the end for all that it does not show."""

    def __init__(self, image, header):
        self.rows, self.columns = image.shape
        self.values = np.append(image.ravel().astype(np.float32), np.float32(np.nan))
        self.header, self.pixel_deg = header, header["CDELT2"]
        lattice = np.meshgrid(np.linspace(0, self.columns - 1, 50), np.linspace(0, self.rows - 1, 50))
        self.seen = None if self.is_full() else self.position(*lattice)

    def steps(self, column, row):
        """From the reference point [degrees]."""
        return tuple((at + 1 - self.header[f"CRPIX{i}"]) * self.header[f"CDELT{i}"] for i, at in ((1, column), (2, row)))

    def coarse(self):
        return self

    def brightest(self):
        row, column = divmod(int(np.nanargmax(self.values)), self.columns)
        return (*self.position(column, row), zoom_size(self.pixel_deg))


class PlaneSky(ImageSky):
    """Gnomonic (TAN) or zenithal equal-area (ZEA), around CRVAL."""

    def __init__(self, image, header):
        lon, lat = np.radians(header["CRVAL1"]), np.radians(header["CRVAL2"])
        self.middle = np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
        self.east = np.array([-np.sin(lon), np.cos(lon), 0])
        self.north = np.cross(self.middle, self.east)
        self.gnomonic = header["CTYPE1"].endswith("TAN")
        super().__init__(image, header)

    def is_full(self):
        return False

    def position(self, column, row):
        x, y = np.radians(self.steps(column, row))
        r2 = x**2 + y**2
        scale, depth = (1, 1) if self.gnomonic else (np.sqrt(1 - r2 / 4), 1 - r2 / 2)
        at = [scale * (x * e + y * n) + depth * m for e, n, m in zip(self.east, self.north, self.middle)]
        return np.degrees(np.arctan2(at[1], at[0])), np.degrees(np.arctan2(at[2], np.hypot(at[0], at[1])))

    def index(self, x, y, z):
        east, north, depth = (x * axis[0] + y * axis[1] + z * axis[2] for axis in (self.east, self.north, self.middle))
        with np.errstate(divide="ignore", invalid="ignore"):
            scale = np.degrees(1 / depth if self.gnomonic else np.sqrt(2 / (1 + depth)))
            column = east * scale / self.header["CDELT1"] + self.header["CRPIX1"] - 1
            row = north * scale / self.header["CDELT2"] + self.header["CRPIX2"] - 1
            shown = (depth > 0 if self.gnomonic else depth > -1) & (abs(column - (self.columns - 1) / 2) < self.columns / 2) & (abs(row - (self.rows - 1) / 2) < self.rows / 2)
        at = np.rint(np.where(shown, row, 0)).astype(int) * self.columns + np.rint(np.where(shown, column, 0)).astype(int)
        return np.where(shown, at, self.values.size - 1)


class CarSky(ImageSky):
    """Plate carree."""

    def is_full(self):
        return self.columns * self.pixel_deg > 359.9 and self.rows * self.pixel_deg > 180

    def position(self, column, row):
        """Longitude and latitude [degrees]."""
        return tuple(self.header[f"CRVAL{i}"] + step for i, step in enumerate(self.steps(column, row), 1))

    def index(self, x, y, z):
        longitude, latitude = np.degrees(np.arctan2(y, x)), np.degrees(np.arctan2(z, np.hypot(x, y)))
        row = np.rint(latitude / self.header["CDELT2"] + self.header["CRPIX2"]).astype(int) - 1
        turn = np.rint(360 / self.pixel_deg).astype(int)
        column = (np.rint((longitude - self.header["CRVAL1"]) / self.header["CDELT1"] + self.header["CRPIX1"]).astype(int) - 1) % turn
        shown = (column < self.columns) & (row >= 0) & (row < self.rows)
        return np.where(shown, row * self.columns + column, self.values.size - 1)


def zoom_size(pixel_deg):
    return min(60.0, max(2.0, 150 * pixel_deg))


def header_of(path):
    from astropy.io import fits

    try:
        with fits.open(path) as hdus:
            return dict(hdus[0 if hdus[0].header["NAXIS"] > 0 else 1].header)
    except (OSError, IndexError, KeyError) as error:
        raise Unreadable(f"'{path}' cannot be read as a map ({error})") from None


def read(path):
    import healpy
    from astropy.io import fits

    try:
        with fits.open(path) as hdus:
            if hdus[0].header["NAXIS"] > 0:
                header = dict(hdus[0].header)
                kind = CarSky if header["CTYPE1"].endswith("CAR") else PlaneSky
                sky = kind(hdus[0].data, header)
            else:
                header = dict(hdus[1].header)
                sky = HealpixSky(healpy.read_map(path, partial=header["INDXSCHM"] == "EXPLICIT", dtype=np.float32), header)
    except (OSError, IndexError, KeyError, TypeError, ValueError) as error:
        raise Unreadable(f"'{path}' cannot be read as a HEALPix map or an image of the sky ({error}); a map is compton_y.fits of the stage sky") from None
    quantity = sky.header.get("EXTNAME", "COMPTON_Y").strip()
    if quantity != "COMPTON_Y":
        raise Unreadable(f"'{path}' is a map of {quantity}; only maps of Compton y are drawn")
    return sky


PROJECTIONS = {"CAR": "plate carree", "TAN": "gnomonic", "ZEA": "zenithal equal-area"}


def titles(header):
    def card(key, form="{}"):
        return form.format(header[key]) if key in header else "?"

    simulation = card("SIMNAME")
    what = "Thermal" if simulation in ("unknown", "?") else f"{simulation}: thermal"
    first = f"{what} Sunyaev-Zel'dovich sky, {card('ZMIN', '{:g}')} < z < {card('ZMAX', '{:g}')}"
    pixels = f"nside {header['NSIDE']}" if "NSIDE" in header else f"{PROJECTIONS.get(header['CTYPE1'][-3:])}, {60 * header['CDELT2']:.3g} arcmin"
    second = (f"model {card('MODEL')}, {card('NHALO', '{:,}')} haloes of {card('MMIN', '{:.1e}')} to {card('MMAX', '{:.1e}')} Msun/h, "
              f"{pixels}, mean y {card('YMEAN', '{:.2e}')}")
    return first, second


def project(sky, projector):
    """The picture of a projector of healpy, NaN outside of the sky."""
    picture = projector.projmap(sky.values, sky.index)
    return np.where(np.isfinite(picture), picture, np.nan)


def picture(figure, axes, image, extent, scale, largest):
    norm, ticks = colours(image[np.isfinite(image)], scale, largest)
    shown = np.maximum(image, norm.vmin) if scale == "log" else image
    drawn = axes.imshow(shown, origin="lower", extent=extent, cmap=plt.get_cmap("inferno").with_extremes(bad="white"), norm=norm, interpolation="nearest")
    axes.grid(False)
    colour_bar(figure, drawn, axes, ticks)


def region(seen, middle=None):
    """Longitude, latitude and size [degrees] of a part of the sky, around its middle; none if it is too large for one picture."""
    lon, lat = np.radians(seen[0]), np.radians(seen[1])
    x, y, z = middle if middle is not None else ((np.cos(lat) * np.cos(lon)).mean(), (np.cos(lat) * np.sin(lon)).mean(), np.sin(lat).mean())
    lon0, lat0 = np.arctan2(y, x), np.arctan2(z, np.hypot(x, y))
    depth = np.sin(lat0) * np.sin(lat) + np.cos(lat0) * np.cos(lat) * np.cos(lon - lon0)
    if depth.min() < np.cos(np.radians(60)):
        return None
    across = np.cos(lat) * np.sin(lon - lon0) / depth  # gnomonic
    up = (np.cos(lat0) * np.sin(lat) - np.sin(lat0) * np.cos(lat) * np.cos(lon - lon0)) / depth
    return np.degrees(lon0), np.degrees(lat0), 2.1 * np.degrees(max(abs(across).max(), abs(up).max()))


def overview(sky, scale="asinh", largest=None, haloes=None):
    """All that the map shows: the whole sky, or a region."""
    part = region(sky.seen, getattr(sky, "middle", None)) if sky.seen is not None else None
    return zoom(sky, *part, scale, largest, haloes) if part else whole(sky, scale, largest)


def whole(sky, scale="asinh", largest=None):
    import healpy

    projector = healpy.projector.MollweideProj(xsize=1800)
    figure, axes = style.subplots(height=5.2, width=9)
    picture(figure, axes, project(sky.coarse(), projector), projector.get_extent(), scale, largest)
    coordinates.draw_whole_grid(axes, projector)
    angle = np.linspace(0, 2 * np.pi, 400)
    axes.plot(2 * np.cos(angle), np.sin(angle), color="black", linewidth=0.8)
    axes.set(xlim=(-2.02, 2.02), ylim=(-1.02, 1.02))
    axes.set_axis_off()
    first, second = titles(sky.header)
    figure.suptitle(first, fontsize=12)
    axes.set_title(second, fontsize=8.5)
    return figure


def zoom(sky, longitude, latitude, size, scale="asinh", largest=None, haloes=None):
    """A square of `size` degrees with its coordinates, and circles of the radii of haloes."""
    import healpy

    points = 700
    projector = healpy.projector.GnomonicProj(rot=(longitude, latitude), xsize=points, reso=60 * size / points)
    figure, axes = style.subplots(height=5.8, width=5.6)
    half = size / 2
    picture(figure, axes, project(sky, projector), (half, -half, -half, half), scale, largest)
    plane = coordinates.Plane(longitude, latitude)
    coordinates.draw_grid(axes, plane, size)
    if haloes:
        coordinates.draw_circles(axes, plane, size, haloes)
    first, second = titles(sky.header)
    figure.suptitle(first, fontsize=9)
    axes.set_title(second.replace(" Msun/h, ", " Msun/h,\n"), fontsize=7)
    return figure


def spectrum(name, table):
    """C_l, and that of the painted haloes in independent places, if the sky knows it."""
    known = "expected" in table and max(table["expected"]["C_l"]) > 0
    figure, (top, bottom) = style.subplots(2, height=4.6, width=5.5, sharex=True, height_ratios=[2, 1])
    ell = np.arange(len(table["C_l"]))
    scale = ell * (ell + 1) / (2 * np.pi)
    keep = (ell > 1) & (np.array(table["C_l"]) > 0)
    top.loglog(ell[keep], (scale * table["C_l"])[keep], color=style.MODELS[0], alpha=0.35, linewidth=0.8)
    ell = ell[: table["nside"] + 1]
    edges, bands, scatter = banded(ell, np.array(table["C_l"])[: ell.size])
    middle = (edges[:-1] + edges[1:] - 1) / 2
    top.loglog(middle, middle * (middle + 1) / (2 * np.pi) * bands, "o", markersize=3.5, color=style.MODELS[0], label="the map")
    caption = f"Of the map at nside {table['nside']}: every l, and means over bands; the pixel window is not divided out."
    if known:
        wanted = expected(table, ell)
        top.loglog(ell[2:], (scale[: ell.size] * wanted)[2:], color=style.BENCHMARK, linestyle="--", label="its haloes in independent places")
        top.legend()
        bottom.errorbar(middle, bands / banded(ell, wanted)[1], scatter, fmt="o", markersize=3.5, linewidth=1, color=style.MODELS[0])
        bottom.axhline(1, color=style.BENCHMARK, linestyle="--")
        bottom.set(xlabel=r"multipole $\ell$", ylabel="map / haloes")
        caption += (" Dashed: the sum of y_l²/4π over exactly the haloes that were painted, each whole and round, as these pixels show it (to 1% up to l = nside). Below: the ratio; bars are the "
                    "scatter of random places, √(2/modes). It is above 1 where haloes cluster or cubes have structure, and below 1 where neighbours share the gas between them.")
        l_box = table["expected"].get("l_box", 0)
        if l_box > ell[2]:
            for axes in top, bottom:
                axes.axvspan(ell[2], l_box, color="0.9", zorder=0)
            caption += (f" Grey, up to l = {l_box}: half of the expected power or more is that of haloes farther than l/2π times the box. Such long waves do not fit into it: each replica holds the "
                        "same haloes, and there the sky lacks power.")
    else:
        bottom.set_visible(False)
        top.set_xlabel(r"multipole $\ell$")
        top.xaxis.set_tick_params(labelbottom=True)
    top.set_ylabel(r"$\ell(\ell+1)\,C_\ell/2\pi$")
    return Figure(f"sky_cl_{name}", f"Angular power spectrum of {name}", caption, figure)


def banded(ell, values):
    """Edges of bands, 8 a decade; means with weights 2 l + 1; scatter of independent modes, relative."""
    edges = np.unique(np.round(2 * 10 ** (np.arange(8 * np.log10(ell[-1] / 2) + 1) / 8)).astype(int))
    edges = edges[edges <= ell[-1] + 1]
    weights = 2 * ell + 1
    bands = [slice(low, high) for low, high in zip(edges, edges[1:])]
    modes = np.array([weights[band].sum() for band in bands])
    return edges, np.array([(weights * values)[band].sum() for band in bands]) / modes, np.sqrt(2 / modes)


def expected(table, ell):
    """C_l of the haloes as square pixels show it: times their window, with all scales that they cannot tell from l, in the mean over directions.
    Between the l of the table, and beyond them, a power law. Good to 1% up to l = nside; on smaller scales the pixels of HEALPix are no squares."""
    ln_l, c_l = np.log(table["expected"]["l"]), np.array(table["expected"]["C_l"])
    ln_c = np.log(np.maximum(c_l, 1e-30 * c_l.max()))  # 0 where the file of a beam has ended
    slope = max((ln_c[-1] - ln_c[-5]) / (ln_l[-1] - ln_l[-5]), -6)
    pixel = np.sqrt(4 * np.pi / (12 * table["nside"] ** 2))
    directions = (np.arange(8) + 0.5) / 8 * np.pi / 2
    along, across = ell[:, None] * np.cos(directions), ell[:, None] * np.sin(directions)
    total = np.zeros(len(ell))
    for i, j in itertools.product(range(-4, 5), repeat=2):
        x, y = along + 2 * np.pi / pixel * i, across + 2 * np.pi / pixel * j
        ln = np.log(np.maximum(np.hypot(x, y), 1))
        power = np.exp(np.interp(ln, ln_l, ln_c) + slope * np.maximum(ln - ln_l[-1], 0))
        total += (power * (np.sinc(x * pixel / 2 / np.pi) * np.sinc(y * pixel / 2 / np.pi)) ** 2).mean(axis=1)
    return total
