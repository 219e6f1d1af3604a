# SPDX-License-Identifier: BSD-3-Clause
"""Is a halo where the header of a map says? Is C_l that of the sky in any pixels? Do the sums of FITS files hold?

Headers are read here as Calabretta & Greisen (2002) and the FITS standard 4.0 say, in numpy, and by astropy and healpy where they are.
"""

import json
import os
import unittest
import warnings
from pathlib import Path

import numpy
from harness import Case

try:
    import healpy
except ImportError:
    healpy = None
try:
    from astropy.io import fits
    from astropy.wcs import WCS
except ImportError:
    fits = WCS = None

# All quadrants, across longitude 0, beside the poles: longitude, latitude [degrees]. None is in the middle of a pixel.
HALOS = [(45.27, 30.18), (135.71, -40.12), (225.5, 55.66), (310.44, -20.57), (0.043, 12.31), (359.962, -3.23), (77.3, 89.42), (200.6, -89.71), (180.08, 3.13)]
CENTRES = {"quadrant1": (44, 31), "quadrant2": (136.5, -39), "quadrant3": (225, 57.2), "quadrant4": (-50, -22), "zero": (0, 4), "north": (0, 90), "south": (120, -90), "beside_north": (250, 88)}
HEAD = """
[run]
directory = {folder}/run
stages = sky
[catalogue.mine]
files = {folder}/halos.csv
coordinates = {frame}
[sky]
catalogue = mine
profile = battaglia2012
"""
CAR = "projection = car\nresolution = 12\n"


def plane(kind, lon, lat):
    return f"projection = {kind}\nresolution = 12\nsize = 24, 20\ncentre = {lon}, {lat}"



def header_and_data(path):
    """Each HDU of a file: cards (numbers, truth values and text), bytes of the header, bytes of the data."""
    content, at = Path(path).read_bytes(), 0
    while at < len(content):
        cards, begin, ended = {}, at, False
        while not ended:
            block = content[at : at + 2880].decode("ascii")
            for card in (block[i : i + 80] for i in range(0, 2880, 80)):
                ended = ended or card.rstrip() == "END"
                if card[8:10] == "= ":
                    cards[card[:8].rstrip()] = value_of(card[10:])
            at += 2880
        size = abs(cards["BITPIX"]) // 8 * cards.get("GCOUNT", 1)
        axes = [cards[f"NAXIS{i + 1}"] for i in range(cards["NAXIS"])]
        size *= cards.get("PCOUNT", 0) + int(numpy.prod(axes)) if axes else 0
        padded = -(-size // 2880) * 2880
        yield cards, content[begin:at], content[at : at + padded]
        at += padded


def value_of(text):
    text = text.strip()
    if text.startswith("'"):
        return text[1 : text.index("'", 1)].rstrip()
    text = text.split("/")[0].strip()
    return text == "T" if text in ("T", "F") else float(text) if any(mark in text for mark in ".E") else int(text)


def ones_complement_sum(content):
    """Of 32-bit words; 0 and 2^32 - 1 are one number, 0 here (FITS standard 4.0, appendix J)."""
    return int(numpy.frombuffer(content, ">u4").sum(dtype=numpy.uint64)) % (2**32 - 1)


def broken_sums(path):
    """What is wrong with CHECKSUM and DATASUM of a file."""
    wrong = []
    for number, (cards, header, data) in enumerate(header_and_data(path)):
        if "DATASUM" not in cards or "CHECKSUM" not in cards:
            wrong.append(f"{path}, HDU {number}: no sums")
        elif int(cards["DATASUM"]) % (2**32 - 1) != ones_complement_sum(data):
            wrong.append(f"{path}, HDU {number}: DATASUM")
        elif ones_complement_sum(header + data) != 0:
            wrong.append(f"{path}, HDU {number}: CHECKSUM")
    return wrong


class Image:
    """Pixels and where they are, x and y from 0."""

    def __init__(self, path):
        ((self.header, _, data),) = header_and_data(path)
        self.columns, self.rows = self.header["NAXIS1"], self.header["NAXIS2"]
        self.values = numpy.frombuffer(data[: 4 * self.columns * self.rows], ">f4").reshape(self.rows, self.columns).astype(float)
        self.projection = self.header["CTYPE1"][-3:]

    def direction(self, x, y):
        """Unit vectors, by equations 5, 14, 15, 54, 68, 83 of Calabretta & Greisen."""
        x, y = ((at + 1 - self.header[f"CRPIX{i}"]) * self.header[f"CDELT{i}"] for i, at in ((1, x), (2, y)))
        if self.projection == "CAR":
            lon, lat = numpy.radians(self.header["CRVAL1"] + x), numpy.radians(numpy.clip(self.header["CRVAL2"] + y, -90, 90))
            return numpy.stack([numpy.cos(lat) * numpy.cos(lon), numpy.cos(lat) * numpy.sin(lon), numpy.sin(lat)], -1)
        phi, radius = numpy.arctan2(x, -y), numpy.hypot(x, y)
        theta = numpy.arctan2(180 / numpy.pi, radius) if self.projection == "TAN" else numpy.pi / 2 - 2 * numpy.arcsin(numpy.pi * radius / 360)
        pole, turn = numpy.radians(self.header["CRVAL2"]), phi - numpy.radians(self.header["LONPOLE"])
        # Equation 2: along the meridian of CRVAL1, east of it, and along the axis.
        along = numpy.sin(theta) * numpy.cos(pole) - numpy.cos(theta) * numpy.sin(pole) * numpy.cos(turn)
        east, up = -numpy.cos(theta) * numpy.sin(turn), numpy.sin(theta) * numpy.sin(pole) + numpy.cos(theta) * numpy.cos(pole) * numpy.cos(turn)
        lon0 = numpy.radians(self.header["CRVAL1"])
        return numpy.stack([along * numpy.cos(lon0) - east * numpy.sin(lon0), along * numpy.sin(lon0) + east * numpy.cos(lon0), up], -1)

    def lattice(self, shift_x=0.0, shift_y=0.0):
        return self.direction(*numpy.meshgrid(numpy.arange(self.columns) + shift_x, numpy.arange(self.rows) + shift_y))

    def areas(self):
        """Half the cross product of the diagonals."""
        corners = [self.lattice(x, y) for x, y in ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5))]
        return numpy.linalg.norm(numpy.cross(corners[2] - corners[0], corners[3] - corners[1]), axis=-1) / 2


def vector(lon, lat):
    lon, lat = numpy.radians(lon), numpy.radians(lat)
    return numpy.stack([numpy.cos(lat) * numpy.cos(lon), numpy.cos(lat) * numpy.sin(lon), numpy.sin(lat)], -1)


def spectrum_of_plate_carree(image, l_max):
    """C_l by quadrature over the pixels, which hold means: normalised associated Legendre functions by recurrence."""
    lat = numpy.radians((numpy.arange(image.rows) + 1 - image.header["CRPIX2"]) * image.header["CDELT2"])
    half = numpy.radians(image.header["CDELT2"]) / 2
    area = 2 * half * (numpy.sin(numpy.minimum(lat + half, numpy.pi / 2)) - numpy.sin(numpy.maximum(lat - half, -numpy.pi / 2)))
    waves = numpy.fft.rfft(image.values, axis=1)
    z, s, power = numpy.sin(lat), numpy.cos(lat), numpy.zeros(l_max + 1)
    sectoral = numpy.full(image.rows, numpy.sqrt(1 / (4 * numpy.pi)))
    for m in range(l_max + 1):
        if m > 0:
            sectoral = -numpy.sqrt((2 * m + 1) / (2 * m)) * s * sectoral
        before, now = numpy.zeros(image.rows), sectoral
        for l in range(m, l_max + 1):
            if l > m:
                a = numpy.sqrt((4 * l * l - 1) / (l * l - m * m))
                b = numpy.sqrt(((l - 1) ** 2 - m * m) / (4 * (l - 1) ** 2 - 1))
                before, now = now, a * (z * now - b * before)
            power[l] += (1 if m == 0 else 2) * abs(numpy.sum(area * now * waves[:, m])) ** 2
    return power / (2 * numpy.arange(l_max + 1) + 1)


class SkyFiles(Case):
    def paint(self, sections, frame="equatorial", halos=HALOS, more=""):
        rows = "".join(f"{lon},{lat},0.12,6e14,300\n" for lon, lat in halos)
        (self.folder / "halos.csv").write_text("ra,dec,redshift,M200c [Msun/h],v_los\n" + rows)
        path = self.folder / "sky.ini"
        path.write_text(HEAD.format(folder=self.folder, frame=frame) + more + "".join(f"[sky.{name}]\n{keys}\n" for name, keys in sections.items()))
        self.succeeds("run", path, ranks=2)
        return {name: self.folder / "run/sky" / name for name in sections}

    def shows(self, image, name, expected=None):
        """Every halo that the image shows, where it is; returns how many."""
        at, areas, n = image.lattice(), image.areas(), 0
        for halo in HALOS:
            where = vector(*halo)
            near = at @ where
            row, column = numpy.unravel_index(numpy.argmax(near), near.shape)
            edge = min(row, column, image.rows - 1 - row, image.columns - 1 - column)
            whole_turn = image.projection == "CAR" and image.columns * image.header["CDELT2"] > 359.9
            if not whole_turn and (edge < 8 or not numpy.isfinite(image.values[row, column])):
                continue
            n += 1
            disc = near > numpy.cos(numpy.radians(1.6))
            weight = numpy.where(disc, image.values * areas, 0)
            middle = (at * weight[..., None]).sum((0, 1))
            apart = numpy.degrees(numpy.linalg.norm(middle / numpy.linalg.norm(middle) - where))
            self.assertLess(apart, 0.02, f"{name}: halo at {halo}")  # a tenth of a pixel
            peak = numpy.unravel_index(numpy.argmax(numpy.where(disc, image.values, 0)), near.shape)
            self.assertEqual(image.values[peak], image.values[row, column], f"{name}: halo at {halo}, brightest in {peak}, not in {(row, column)}")
        return n

    def test_halos_are_where_the_header_of_an_image_says(self):
        sections = {"all": CAR, "patch": CAR + "patch = 350, 370, -20, 30", "cap": CAR + "cap = 310, -20, 9"}
        for kind in "tan", "zea":
            sections.update({f"{kind}_{name}": plane(kind, *centre) for name, centre in CENTRES.items()})
        found = {}
        for name, folder in self.paint(sections).items():
            image = Image(folder / "compton_y.fits")
            self.compare_with_astropy(image, folder / "compton_y.fits")
            found[name] = self.shows(image, name)
            # East is to the left, north above.
            x, y = image.columns // 2, image.rows // 2
            here, left, above = image.direction(x, y), image.direction(x - 1, y), image.direction(x, y + 1)
            if abs(here[2]) < 0.99:
                self.assertGreater(numpy.cross(here, left)[2], 0, name)
                self.assertGreater(above[2], here[2], name)
        print(found)
        self.assertEqual(found["all"], len(HALOS))
        self.assertEqual((found["patch"], found["cap"]), (2, 1))
        self.assertTrue(all(found.values()), found)
        image = Image(folder.with_name("zea_zero") / "compton_y.fits")
        for card, step in ("CRPIX1", 0.5), ("CRPIX2", 0.5), ("CRVAL1", 0.1):  # half a pixel
            image.header[card] += step
            self.assertRaises(AssertionError, self.shows, image, "shifted")
            image.header[card] -= step

    def compare_with_astropy(self, image, path):
        if not WCS:
            return
        x, y = numpy.meshgrid(numpy.arange(image.columns), numpy.arange(image.rows))
        lon, lat = WCS(fits.getheader(path)).wcs_pix2world(x, y, 0)
        numpy.testing.assert_allclose(vector(lon, lat), image.lattice(), atol=1e-11)
        numpy.testing.assert_array_equal(fits.getdata(path), image.values)

    @unittest.skipUnless(WCS, "needs astropy")
    def test_frames_are_those_of_the_catalogue(self):
        for frame, names in ("galactic", ("GLON", "GLAT")), ("ecliptic", ("ELON", "ELAT")):
            folder = self.paint({"zero": plane("zea", 0, 4)}, frame)["zero"]
            wcs = WCS(fits.getheader(folder / "compton_y.fits"))
            self.assertEqual(tuple(wcs.wcs.ctype[i][:4] for i in (0, 1)), names)
            self.assertEqual(self.shows(Image(folder / "compton_y.fits"), frame), 2)

    @unittest.skipUnless(healpy, "needs healpy")
    def test_halos_are_where_healpy_looks_for_them(self):
        for name, folder in self.paint({"all": "nside = 256", "cap": "nside = 256\ncap = 0, 4, 14"}).items():
            y = healpy.read_map(folder / "compton_y.fits", partial=name == "cap")
            shown = [halo for halo in HALOS if name == "all" or halo[0] in (0.043, 359.962)]
            for halo in shown:
                disc = healpy.query_disc(256, vector(*halo), numpy.radians(1.6))
                middle = numpy.array(healpy.pix2vec(256, disc)) @ y[disc]
                self.assertLess(numpy.degrees(numpy.linalg.norm(middle / numpy.linalg.norm(middle) - vector(*halo))), 0.035, halo)
                self.assertEqual(disc[numpy.argmax(y[disc])], healpy.ang2pix(256, *halo, lonlat=True), halo)

    def test_the_spectrum_is_that_of_the_haloes_in_their_places_in_any_pixels(self):
        random = numpy.random.default_rng(3)
        halos = HALOS + list(zip(360 * random.random(200), numpy.degrees(numpy.arcsin(2 * random.random(200) - 1))))
        folders = self.paint({"car": CAR, "healpix": "nside = 512\nspectrum_nside = 512"}, halos=halos)
        l_max = 96
        cl = json.loads((folders["healpix"] / "sky.json").read_text())["cl"]
        # Haloes are all alike: the sum over pairs of P_l, whatever the pixels.
        at = vector(*numpy.transpose(halos))
        pairs = numpy.polynomial.legendre.legvander((at @ at.T).ravel(), l_max).sum(axis=0) / len(halos)
        wanted = pairs * numpy.exp(numpy.interp(numpy.log(numpy.arange(l_max + 1) + 0.5), numpy.log(numpy.array(cl["expected"]["l"]) + 0.5), numpy.log(cl["expected"]["C_l"])))
        found = {"healpix": numpy.array(cl["C_l"])[: l_max + 1], "car": spectrum_of_plate_carree(Image(folders["car"] / "compton_y.fits"), l_max)}
        for name, values in found.items():
            print(f"{name}: C_l over that of the haloes", dict(zip((0, 1, 3, 8, 32, 64, 96), numpy.round((values / wanted)[[0, 1, 3, 8, 32, 64, 96]], 4))))
            numpy.testing.assert_allclose(values[:33], wanted[:33], rtol=3e-3, err_msg=name)
            numpy.testing.assert_allclose(values, wanted, rtol=0.012, err_msg=name)  # pixels of 0.1 and 0.2 degrees smooth it
        numpy.testing.assert_raises(AssertionError, numpy.testing.assert_allclose, wanted[:33], numpy.full(33, wanted[32]), rtol=0.1)  # it is not flat

    def test_sums_of_every_file_hold(self):
        more = "fields = compton_y, tau, ksz\nfrequencies = 90, 150.5\n"
        folders = self.paint({"healpix": "nside = 32", "small": "nside = 4", "cap": "nside = 64\ncap = 0, 4, 14", "car": CAR + "patch = 350, 370, -20, 30",
                              "tan": plane("tan", 45, 31), "zea": plane("zea", 45, 31)}, more=more)
        files = [path for folder in folders.values() for path in folder.glob("*.fits")]
        self.assertEqual(len(files), 5 * len(folders))
        files += Path(os.environ["SETSZ_TEST_FOLDER"]).glob("universe/sky/*/*.fits")  # with a light cone
        self.assertIn("lightcone.fits", [path.name for path in files])
        for path in files:
            self.assertEqual(broken_sums(path), [])
            if fits:
                with warnings.catch_warnings():
                    warnings.simplefilter("error")
                    with fits.open(path, checksum=True) as hdus:
                        hdus.verify("exception")
                        self.assertGreater(sum(hdu.data is not None and hdu.data.size for hdu in hdus), 0)
        for place in 400, -2881:  # of the header, of the data
            content = bytearray(files[0].read_bytes())
            content[place] ^= 1
            damaged = self.folder / "damaged.fits"
            damaged.write_bytes(content)
            self.assertEqual(len(broken_sums(damaged)), 1)


if __name__ == "__main__":
    unittest.main()
