# SPDX-License-Identifier: BSD-3-Clause
"""What is drawn over pictures of the sky: longitudes and latitudes, and circles of R200 around haloes."""

import re

import numpy as np
from matplotlib.patheffects import withStroke
from products import Unreadable

STEPS = 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30
LINE = {"color": "0.65", "linewidth": 0.5, "alpha": 0.6}  # seen on a map and beside it
CIRCLE = {"linewidth": 0.8, "linestyle": (0, (4, 3)), "alpha": 0.9}


class Plane:
    """Gnomonic, around a longitude and latitude: east (to the left) and north in degrees, NaN for the other half of the sky."""

    def __init__(self, longitude, latitude):
        lon, lat = np.radians(longitude), np.radians(latitude)
        self.longitude, self.latitude = longitude, latitude
        self.middle = direction(longitude, latitude)
        self.east = np.array([-np.sin(lon), np.cos(lon), 0])
        self.north = np.array([-np.sin(lat) * np.cos(lon), -np.sin(lat) * np.sin(lon), np.cos(lat)])

    def at(self, directions):
        depth = directions @ self.middle
        depth = np.where(depth > 0.01, depth, np.nan)
        return np.degrees(directions @ self.east / depth), np.degrees(directions @ self.north / depth)


def direction(longitude, latitude):
    lon, lat = np.radians(longitude), np.radians(latitude)
    return np.stack(np.broadcast_arrays(np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)), -1)


def step_for(size, lines=6):
    return next((step for step in STEPS if size / step <= lines), STEPS[-1])


def draw_grid(axes, plane, size):
    """Meridians and parallels, which the ticks name where they reach the lower and the left edge; parallels that do not have their names on them."""
    half = size / 2
    step = step_for(size)
    reach = 0.75 * size  # from the middle to beyond the corners
    low, high = max(plane.latitude - reach, -90), min(plane.latitude + reach, 90)
    pole = low <= -90 or high >= 90
    step_around = 30 if pole else step_for(size / np.cos(np.radians(plane.latitude)))
    wide = 180 if pole else min(180, reach / np.cos(np.radians(max(abs(low), abs(high)))))
    longitudes = steps_between(plane.longitude - wide, plane.longitude + wide, step_around)
    longitudes = longitudes[longitudes < longitudes[0] + 360 - step_around / 2]
    parallels = [(value, plane.at(direction(plane.longitude + np.linspace(-wide, wide, 721), value))) for value in steps_between(low, high, step)]
    meridians = [(value % 360, plane.at(direction(value, np.linspace(low, high, 721)))) for value in longitudes]
    for _, line in parallels + meridians:
        axes.plot(*line, **LINE)
    below = [(crossing(y, x, -half, half), name(value)) for value, (x, y) in meridians]
    left = [(crossing(x, y, half, half), name(value)) for value, (x, y) in parallels]
    for axis, ticks in ((axes.xaxis, below), (axes.yaxis, left)):
        ticks = [tick for tick in ticks if tick[0] is not None]
        axis.set_ticks([at for at, _ in ticks], labels=[text for _, text in ticks])
        axis.set_ticks([], minor=True)
    for value, (x, y) in parallels:
        inside = np.flatnonzero((abs(x) < half) & (abs(y) < half))
        if crossing(x, y, half, half) is None and len(inside):
            lowest = inside[np.argmin(y[inside])]
            write(axes, (x[lowest], y[lowest]), name(value))
    axes.set(xlim=(half, -half), ylim=(-half, half), xlabel="longitude", ylabel="latitude")


def steps_between(low, high, step):
    return step * np.arange(np.ceil(low / step - 1e-9), np.floor(high / step + 1e-9) + 1)


def name(value):
    return f"{value + 0:.6g}°"  # no -0


def crossing(along, across, at, half):
    """Where a line first has `along` = at, if that is in the picture."""
    for i in np.flatnonzero((along[:-1] - at) * (along[1:] - at) <= 0):
        place = across[i] + (across[i + 1] - across[i]) * (at - along[i]) / ((along[i + 1] - along[i]) or 1)
        if abs(place) <= half:
            return place
    return None


def draw_whole_grid(axes, projector):
    """Every 60 degrees of longitude and 30 of latitude, named along the equator and the middle."""
    for longitude in range(-180, 181, 60):
        shown = np.clip(longitude, -179.999, 179.999)
        axes.plot(*projector.ang2xy(np.full(181, shown), np.linspace(-90, 90, 181), lonlat=True), **LINE)
        if abs(longitude) < 180:
            write(axes, projector.ang2xy(longitude, 0, lonlat=True), name(longitude % 360))
    for latitude in range(-60, 61, 30):
        axes.plot(*projector.ang2xy(np.linspace(-179.999, 179.999, 361), np.full(361, latitude), lonlat=True), **LINE)
        if latitude:
            write(axes, projector.ang2xy(0, latitude, lonlat=True), name(latitude))


def write(axes, place, text):
    axes.annotate(text, place, xytext=(2, 2), textcoords="offset points", color="white", fontsize=6, path_effects=[withStroke(linewidth=1.5, foreground="black")])


class Haloes:
    """Rows of a light cone: directions, and the angles of their radii [degrees]."""

    def __init__(self, longitude, latitude, angle):
        self.directions, self.angle = direction(longitude, latitude), angle

    def radius_at(self, longitude, latitude):
        """That of the largest halo whose radius reaches there, 0 if there is none."""
        apart = np.linalg.norm(self.directions - direction(longitude, latitude), axis=1)
        return float(self.angle[apart < np.radians(self.angle)].max(initial=0))


def beside(map_path):
    """The haloes of lightcone.fits in the folder of a map, and the name of their radius, if there is one."""
    from astropy.io import fits

    path = map_path.parent / "lightcone.fits"
    if not path.is_file():
        return None, ""
    try:
        with fits.open(path) as hdus:
            rows = hdus[1].data
            radius = next(column for column in rows.names if re.fullmatch(r"R(\d+[CM]|VIR)", column))
            angle = np.degrees(np.arcsin(np.minimum(rows[radius] / rows["DISTANCE"], 1)))
            return Haloes(rows["LONGITUDE"], rows["LATITUDE"], angle), radius
    except (OSError, IndexError, KeyError, AttributeError, StopIteration, TypeError, ValueError) as error:
        raise Unreadable(f"'{path}' cannot be read as the light cone of '{map_path.name}' ({error}); make the sky again, or draw without circles (map.py --no-circles)") from None


def draw_circles(axes, plane, size, haloes, most=12, color="white"):
    """The radii of the haloes in a picture that are largest there, but for those too small to see; returns how many."""
    inside = np.flatnonzero(haloes.directions @ plane.middle > np.cos(np.radians(min(0.75 * size, 80))))
    x, y = plane.at(haloes.directions[inside])
    inside = inside[(abs(x) < size / 2) & (abs(y) < size / 2) & (haloes.angle[inside] > 0.004 * size)]
    chosen = inside[np.argsort(-haloes.angle[inside], kind="stable")][:most]
    turn = np.linspace(0, 2 * np.pi, 91)
    for i in chosen:
        middle, angle = haloes.directions[i], np.radians(haloes.angle[i])
        side = np.cross(middle, [0, 0, 1] if abs(middle[2]) < 0.9 else [1, 0, 0])
        side /= np.linalg.norm(side)
        up = np.cross(side, middle)
        around = np.cos(angle) * middle + np.sin(angle) * (np.cos(turn)[:, None] * side + np.sin(turn)[:, None] * up)
        axes.plot(*plane.at(around), color=color, **CIRCLE)
    return len(chosen)
