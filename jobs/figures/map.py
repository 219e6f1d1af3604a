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
  map.py run/paint/z0/lo/maps.h5 --scale log           y along x, y, z; painted above gas
Dashed circles: R200 of the haloes of the lightcone.fits beside the map that are largest in the picture.
Needs matplotlib and numpy; healpy and astropy for the sky, h5py for the box (apt install python3-matplotlib
python3-healpy python3-h5py)."""

HDF5, FITS, GZIP = b"\x89HDF\r\n\x1a\n", b"SIMPLE  =", b"\x1f\x8b"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="compton_y.fits of the stage sky or maps.h5 of the stage paint")
    parser.add_argument("-o", "--out", type=Path, help="the picture (default: FILE with the suffix .png)")
    parser.add_argument("--scale", choices=["asinh", "log", "linear"], default="asinh", help="of the colours (default: asinh)")
    parser.add_argument("--max", type=float, help="y at the end of the colours (default: exceeded in 0.05%% of the pixels)")
    parser.add_argument("--zoom", type=float, nargs=3, metavar=("LON", "LAT", "SIZE"), help="a part of the sky [degrees]")
    parser.add_argument("--no-circles", action="store_true", help="no circles of R200 around haloes")
    parser.add_argument("--dpi", type=int, default=160)
    return parser.parse_args()


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

        if options.zoom:
            sys.exit(f"map.py: '{options.file}' is a box; --zoom is for the sky")
        return box.panels(*box.read(options.file), scale=options.scale, largest=options.max)
    import coordinates
    import sky

    shown = sky.read(options.file)
    haloes = None if options.no_circles else coordinates.beside(options.file)[0]
    if options.zoom:
        return sky.zoom(shown, *options.zoom, options.scale, options.max, haloes)
    return sky.overview(shown, options.scale, options.max, haloes)


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
