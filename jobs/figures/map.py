#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Draws a Compton-y map as PNG: the sky (compton_y.fits) or the box (maps.h5)."""

import argparse
import sys
from pathlib import Path

sys.dont_write_bytecode = True
from products import Unreadable  # noqa: E402

EPILOG = """\
examples:
  map.py run/sky/lo/compton_y.fits                     the whole sky, Mollweide, asinh scale
  map.py run/sky/lo/compton_y.fits --zoom 120 30 10    10 degrees around longitude 120, latitude 30
  map.py run/sky/field/compton_y.fits                  a part of the sky: the region that it shows
  map.py run/sky/{lo,gnfw}/compton_y.fits              the brightest cluster of the first in both, and the difference
  map.py run/paint/z0/lo/maps.h5 --scale log           y along x, y, z; painted above gas
Dashed circles: R200 of the haloes of the lightcone.fits beside the map that are largest in the picture.
Needs matplotlib and numpy; healpy and astropy for the sky, h5py for the box (apt install python3-matplotlib
python3-healpy python3-h5py)."""

HDF5, FITS, GZIP = b"\x89HDF\r\n\x1a\n", b"SIMPLE  =", b"\x1f\x8b"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="compton_y.fits of the stage sky or maps.h5 of the stage paint")
    parser.add_argument("others", type=Path, nargs="*", help="skies of the same haloes, to compare with the first")
    parser.add_argument("-o", "--out", type=Path, help="the picture (default: FILE with the suffix .png)")
    parser.add_argument("--scale", choices=["asinh", "log", "linear"], default="asinh", help="of the colours (default: asinh)")
    parser.add_argument("--max", type=float, help="y at the end of the colours (default: exceeded in 0.05%% of the pixels)")
    parser.add_argument("--zoom", type=float, nargs=3, metavar=("LON", "LAT", "SIZE"), help="a part of the sky [degrees]")
    parser.add_argument("--no-circles", action="store_true", help="no circles of R200 around haloes")
    parser.add_argument("--dpi", type=int, default=160)
    options = parser.parse_args()
    if options.others and (options.scale != "asinh" or options.max):
        parser.error("--scale and --max are for a single map")
    return options


def kind_of(path):
    """"sky" or "box", by the first bytes of the file."""
    if not path.is_file():
        sys.exit(f"map.py: there is no file '{path}'")
    with open(path, "rb") as file:
        head = file.read(9)
    if head.startswith(HDF5):
        return "box"
    if head.startswith((FITS, GZIP)):
        return "sky"
    sys.exit(f"map.py: '{path}' is neither FITS nor HDF5; maps are compton_y.fits of the stage sky and maps.h5 of the stage paint")


def draw(options):
    kind = kind_of(options.file)
    if kind == "box":
        import box

        if options.zoom or options.others:
            sys.exit(f"map.py: '{options.file}' is a box; --zoom and several files are for the sky")
        return box.panels(*box.read(options.file), scale=options.scale, largest=options.max)
    import coordinates
    import sky

    if options.others:
        return side_by_side(options)
    shown = sky.read(options.file)
    haloes = None if options.no_circles else coordinates.beside(options.file)[0]
    if options.zoom:
        return sky.zoom(shown, *options.zoom, options.scale, options.max, haloes)
    return sky.overview(shown, options.scale, options.max, haloes)


def side_by_side(options):
    import coordinates
    import sky

    paths = {path.absolute().parent.name: path for path in (options.file, *options.others)}
    if len(paths) != 1 + len(options.others):
        sys.exit("map.py: maps are named after their folders, and two have the same one")
    haloes = None if options.no_circles else coordinates.beside(options.file)[0]
    headers = {name: sky.header_of(path) for name, path in paths.items()}
    images, place = sky.around_the_brightest(paths, haloes, options.zoom)
    if len(images) < len(paths):
        sys.exit(f"map.py: '{paths[next(name for name in paths if name not in images)]}' does not show the part of the sky around {place[0]:.4g}, {place[1]:.4g}")
    figure = sky.fields(images, headers, place, haloes).canvas
    figure.suptitle(f"Compton y around longitude {place[0]:.4g}°, latitude {place[1]:.4g}°", fontsize=9)
    return figure


def main():
    options = arguments()
    try:
        figure = draw(options)
    except ModuleNotFoundError as error:
        sys.exit(f"map.py: Python has no module '{error.name}'; install it (apt install python3-{error.name}, or pip install {error.name})")
    except Unreadable as error:
        sys.exit(f"map.py: {error}")
    out = options.out or options.file.with_suffix(".png")
    figure.savefig(out, dpi=options.dpi)
    print(out)


if __name__ == "__main__":
    main()
