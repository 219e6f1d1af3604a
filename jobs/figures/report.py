#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Makes the report of a run: tables, figures and report.html beside products.json, which `setsz report` writes.

Exit codes are those of setsz: 0 made, 65 a product is damaged (the report is made without it), 73 or 74 it cannot be written."""

import errno
import importlib
import signal
import sys
import time
import traceback
from pathlib import Path

sys.dont_write_bytecode = True  # the scripts may lie where only root writes
import page  # noqa: E402
from products import Run, Unreadable  # noqa: E402
from report_tables import TABLES, write_hdf5  # noqa: E402

BAD_DATA, CANNOT_CREATE, IO_ERROR = 65, 73, 74
KINDS = ["overview", "losses", "clusters", "profiles", "histogram", "y_mass", "origin", "components", "training", "spectra", "box", "sky", "cost"]
PACKAGES = "apt install python3-matplotlib python3-h5py python3-healpy, or pip install matplotlib h5py healpy"
DPI = 130


class Part:
    """A part of the report: what goes wrong in it is no reason to go without the others, and is said in `notes`."""

    def __init__(self, name, notes, run):
        self.name, self.notes, self.run = name, notes, run

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if isinstance(error, Unreadable):
            self.run.leave_out(error)
            self.notes.append(f"{self.name}: {error}")
        elif isinstance(error, Exception) and not isinstance(error, (OSError, ModuleNotFoundError)):  # the disk, a package: not its fault
            where = traceback.extract_tb(trace)[-1]
            self.notes.append(f"{self.name}: not made: {kind.__name__}: {error} ({Path(where.filename).name}, line {where.lineno}); an error of setsz, please report it")
        else:
            return False
        return True


def draw_all(run, folder, notes):
    """Pairs of a figure and its file."""
    drawn, lacking = [], {}
    for kind in KINDS:
        try:
            with Part(kind, notes, run):
                for figure in importlib.import_module(kind).draw(run):
                    drawn.append((figure, figure.save(folder, DPI)))
        except ModuleNotFoundError as error:
            lacking.setdefault(error.name, []).append(kind)
    notes += [f"figures ({', '.join(kinds)}): Python has no module '{name}'; {PACKAGES}" for name, kinds in lacking.items()]
    return drawn


def tables_of(run, notes):
    """Where one of several cannot be made, those before it stay."""
    tables = []
    for make in TABLES:
        with Part(f"table of {make.__name__}", notes, run):
            tables.extend(table for table in make(run) if table.rows)
    return tables


def missing_products(run):
    """A line a stage: what is not there, and which stage makes it."""
    by_stage = {}
    for product in run.products:
        if not product.usable:
            by_stage.setdefault(product.stage, []).append(product.id)
    lines = []
    for stage, ids in by_stage.items():
        names = ", ".join(ids[:4]) + (f" and {len(ids) - 4} more" if len(ids) > 4 else "")
        lines.append(f"{names}: not complete; make {'it' if len(ids) == 1 else 'them'} with setsz run {run.configuration} --stage {stage}")
    stale = [product.id for product in run.products if product.state == "stale"]
    if stale:
        lines.append(f"{len(stale)} products are stale (shown as they are): made with other options or inputs, see the table of products")
    return lines


def facts(run):
    made = [product.manifest["about"] for product in run.products if product.usable]
    return [("run", run.folder), ("configuration", run.configuration), ("products", f"{len(made)} of {len(run.products)}"),
            ("made by", ", ".join(dict.fromkeys(about["code"] for about in made)) or "-"), ("reported by", run.code),
            ("last product", max((about["finished"] for about in made), default="-")), ("report", time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()))]


def last_options(run):
    made = [product.manifest["about"] for product in run.products if product.usable]
    return max(made, key=lambda about: about["finished"])["options"] if made else ""


def clear(folder, pattern):
    """An older report must not mix with this one."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob(pattern):
        path.unlink()


def make(index):
    run, folder = Run(index), Path(index).parent
    notes = missing_products(run)
    tables = tables_of(run, notes)
    clear(folder / "tables", "*.*")
    clear(folder / "figures", "*.png")
    for table in tables:
        (folder / "tables" / f"{table.name}.csv").write_text(table.csv())
        (folder / "tables" / f"{table.name}.json").write_text(table.json())
    try:
        write_hdf5(tables, folder / "tables/tables.h5")
    except ModuleNotFoundError:
        notes.append(f"tables.h5: Python has no module 'h5py'; {PACKAGES}")
    figures = draw_all(run, folder / "figures", notes)
    notes += [text for text in run.damaged if not any(text in note for note in notes)]
    new = folder / "report.html.part"
    page.write(new, f"setsz: {run.folder.name}", facts(run), tables, figures, notes, last_options(run))
    new.replace(folder / "report.html")
    for note in notes:
        print(f"report: {note}")
    print(f"report: {len(tables)} tables, {len(figures)} figures: {folder / 'report.html'}")
    return without(run.damaged)


def without(damaged):
    """What ends the program where a part of the report could not be made."""
    if not damaged:
        return 0
    more = f"; and {len(damaged) - 1} more, see the report" if len(damaged) > 1 else ""
    print(f"setsz: error {BAD_DATA}: {damaged[0]}{more}. The report is made without it", file=sys.stderr)
    return BAD_DATA


def main():
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C: no traceback
    try:
        return make(sys.argv[1])
    except Unreadable as error:
        print(f"setsz: error {BAD_DATA}: {error}", file=sys.stderr)
        return BAD_DATA
    except OSError as error:
        code = IO_ERROR if error.errno in (errno.EIO, errno.ENOSPC, errno.EDQUOT) else CANNOT_CREATE
        print(f"setsz: error {code}: the report cannot be written: {error}", file=sys.stderr)
        return code


if __name__ == "__main__":
    sys.exit(main())
