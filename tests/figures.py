#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes tables of the documentation from what tests have measured.

    python3 tests/figures.py build/ci/figures      # after jobs/test.sh, jobs/test.sh --slow and jobs/test.sh --science

Tests append lines of JSON to a file of their own. Of several runs of one test the one that tried most counts, the one that
the page shows included."""

import json
import re
import sys
from collections import Counter, defaultdict
from pathlib import Path
from statistics import median

DOCS = Path(__file__).resolve().parent.parent / "docs"
BEGIN, END = "<!-- tests/figures.py: {} -->", "<!-- end -->"
TIMES = [(kind, ranks) for kind in ("disk", "killed") for ranks in (1, 2, 3)]  # columns
OUTCOMES = {"refused": "ended with its code and one message; half-written files gone, the next run makes the same products",
            "killed": "the other ranks ended too; the next run makes the same products",
            "complete": "the product was complete already",
            "same": "nothing happened but a warning; the same products",
            "read": "accepted without a crash. Of `HDF5 product` and `model file` the values are the same; elsewhere they were not compared: the byte may be unused, or make another valid input",
            "wrong": "**anything else**"}


def rows_of(folder, test):
    path = Path(folder) / f"{test}.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def best_faults(folder):
    """The largest run of each try."""
    best = {}
    for path in sorted(Path(folder).glob("*.jsonl")):
        for row in rows_of(folder, path.stem):
            if "fault" not in row:
                continue
            key = (path.stem, row["fault"], row["where"], row["ranks"], row.get("rank"), row.get("file"))
            if key not in best or sum(row["outcomes"].values()) >= sum(best[key]["outcomes"].values()):
                best[key] = row
    return [best[key] for key in sorted(best, key=lambda key: (key[0], key[2], key[1]))]


def faults_of(folder):
    """(fault, where) -> (numbers of ranks, outcomes, longest time)."""
    groups = defaultdict(list)
    for row in best_faults(folder):
        groups[row["fault"], row["where"]].append(row)
    return {key: (", ".join(map(str, sorted({row["ranks"] for row in some}))),
                  sum((Counter(row["outcomes"]) for row in some), Counter()),
                  max((clock for row in some for _, clock in row.get("times", [])), default=0)) for key, some in groups.items()}


def faults_on_page(text):
    """The same of the table as it stands."""
    rows = {}
    for line in text.partition(BEGIN.format("faults"))[2].partition(END)[0].splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 6 and cells[3].isdigit():
            outcomes = Counter({name: int(n) for n, name in re.findall(r"(\d+) (\w+)", cells[4])})
            rows[cells[0], cells[1]] = (cells[2], outcomes, float(cells[5].split()[0]) if cells[5] else 0)
    return rows


def fault_table(folder):
    rows = faults_on_page((DOCS / "reliability.md").read_text())
    for key, row in faults_of(folder).items():
        if key not in rows or row[1].total() >= rows[key][1].total() or row[1]["wrong"]:
            rows[key] = row
    total = sum((outcomes for _, outcomes, _ in rows.values()), Counter())
    yield (f"{total.total()} faults ({total['read']} of them accepted, see below); {total['wrong']} ended otherwise than the list below the "
           "table says. Rows with several numbers of ranks add up what was tried on each.")
    yield ""
    yield "| fault | in | ranks | tried | ended | longest time to the end |"
    yield "|---|---|---|---|---|---|"
    for (fault, where), (ranks, outcomes, seconds) in rows.items():
        ended = ", ".join(f"{n} {name}" for name, n in sorted(outcomes.items()) if n)
        yield f"| {fault} | {where} | {ranks} | {outcomes.total()} | {ended} | {f'{seconds:.1f} s' if seconds else ''} |"
    yield ""
    for name, text in OUTCOMES.items():
        if total[name]:
            yield f"- {name}: {text}"


def times_on_page(text):
    """(stage, column) -> cell of the table as it stands."""
    cells = {}
    for line in text.partition(BEGIN.format("seconds"))[2].partition(END)[0].splitlines():
        stage, *times = [cell.strip() for cell in line.strip("|").split("|")]
        cells |= {(stage, column): cell for column, cell in zip(TIMES, times) if cell.endswith(")")}
    return cells


def tried_in(cell):
    return int(re.search(r"\((\d+)\)$", cell)[1])


def times_table(folder, text=None):
    """Over all stages; cells of a smaller run do not replace those of a larger one."""
    cells, groups = times_on_page(text or (DOCS / "reliability.md").read_text()), defaultdict(list)
    for row in best_faults(folder):
        kind = "killed" if row["fault"] == "killed" else "disk"
        for stage in (row["where"], "all") if row.get("times") else ():
            groups[stage, (kind, row["ranks"])] += [clock for _, clock in row["times"]]
    for key, times in groups.items():
        times.sort()
        if key not in cells or len(times) >= tried_in(cells[key]):
            cells[key] = " / ".join(f"{s:.1f}" for s in (times[0], median(times), times[-1])) + f" ({len(times)})"
    yield "| stage | " + " | ".join(f"{kind}, {ranks} rank{'s' * (ranks > 1)}" for kind, ranks in TIMES) + " |"
    yield "|---" * (1 + len(TIMES)) + "|"
    for stage in sorted({stage for stage, _ in cells}, key=lambda stage: (stage != "all", stage)):
        yield f"| {stage} | " + " | ".join(cells.get((stage, column), "") for column in TIMES) + " |"


def latest(rows, key):
    return {row[key]: row for row in rows}.values()


def snapshot_table(folder):
    yield "| files | read as | position [ckpc/h] | velocity [km/s] | mass |"
    yield "|---|---|---|---|---|"
    for row in latest(rows_of(folder, "twin_snapshots"), "files"):
        yield f"| `{row['files']}` | {row['format']} | {row['position']:.1g} | {row['velocity']:.1g} | {row['mass']:.1g} |"


def catalogue_table(folder):
    yield "| files | read as | M(<R200) of the twin's particles / M200 | R200 / R200 of M200 | bulk velocity of these particles - velocity [km/s] |"
    yield "|---|---|---|---|---|"
    for row in latest(rows_of(folder, "twin_catalogues"), "files"):
        yield (f"| `{row['files']}` | {row['format']} | {spread(row['inside'], 3)} | {spread(row['radius'], 4)} "
               f"| {spread(row['velocity'], 0)} |")


def closure_table(folder):
    rows = list(latest(rows_of(folder, "closure"), "network"))
    yield f"| network | loss / benchmark | offset: rms error (planted: {rows[0]['planted']:.2f} R200) |"
    yield "|---|---|---|"
    for row in rows:
        yield f"| {row['network'].replace('origin_local', 'origin, local')} | {row['loss']:.2f} | {'' if row['offset'] is None else format(row['offset'], '.3f') + ' R200'} |"


def spread(values, digits):
    return " to ".join(f"{value:.{digits}f}" for value in (min(values), max(values)))


def write(page, name, lines, docs=DOCS, begin=BEGIN):
    begin, path = begin.format(name), docs / page
    before, found, rest = path.read_text().partition(begin)
    if not found:
        sys.exit(f"{path} has no line '{begin}'")
    path.write_text("\n".join([before + begin, "", *lines, "", END]) + rest.partition(END)[2])


def main():
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit(__doc__)
    write("reliability.md", "faults", fault_table(sys.argv[1]))
    write("reliability.md", "seconds", times_table(sys.argv[1]))
    for name, table in (("snapshots", snapshot_table), ("catalogues", catalogue_table)):
        if rows_of(sys.argv[1], f"twin_{name}"):
            write("inputs.md", name, table(sys.argv[1]))
    if rows_of(sys.argv[1], "closure"):
        write("validation.md", "closure", closure_table(sys.argv[1]))


if __name__ == "__main__":
    main()
