# SPDX-License-Identifier: BSD-3-Clause
"""report.html: one file with everything in it, which refers to nothing outside."""

import base64
import html
from pathlib import Path

TEMPLATE = Path(__file__).with_name("page.html")


def human_bytes(value):
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if abs(value) < 1000 or unit == "TB":
            return f"{value:.3g} {unit}"
        value /= 1000


def number(value, form):
    if isinstance(value, bool):
        return "yes" if value else "no"
    if form == "bytes":
        return human_bytes(value)
    if form == "d" or isinstance(value, int):
        return str(int(value))
    return format(value, form)


def cell(value, column):
    """Sorted by data-v where the text is not what it is sorted by."""
    if value is None:
        return '<td class="none" data-v="">–</td>'
    if isinstance(value, (int, float)):
        return f'<td class="n" data-v="{float(value)!r}">{html.escape(number(value, column.form))}</td>'
    text = "; ".join(map(str, value)) if isinstance(value, list) else str(value)
    mark = {"pass": "good", "holds": "good", "complete": "good", "fail": "bad", "fails": "bad", "stale": "bad"}.get(text)
    shown = f'<span class="{mark}">{html.escape(text)}</span>' if mark else html.escape(text)
    return f'<td{" class=long" if len(text) > 40 else ""} data-v="{html.escape(text)}">{shown}</td>'


def table(data):
    columns = [column for column in data.columns if column.on_page]
    head = "".join(f'<th scope="col"><button type="button">{html.escape(column.label)}'
                   + (f"<small>{html.escape(column.unit)}</small>" if column.unit and column.form != "bytes" else "") + "</button></th>" for column in columns)
    body = "\n".join("<tr>" + "".join(cell(row.get(column.key), column) for column in columns) + "</tr>" for row in data.rows)
    note = f"<p>{html.escape(data.note)}</p>" if data.note else ""
    inside = f'{note}<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table></div><p class="file">tables/{data.name}.csv, .json</p>'
    title = html.escape(data.title)
    if data.folded:
        return f'<section id="{data.name}"><details><summary><h3>{title}</h3> <span>{len(data.rows)} rows</span></summary>{inside}</details></section>'
    return f'<section id="{data.name}"><h3>{title}</h3>{inside}</section>'


def figure(drawn, path):
    data = base64.b64encode(path.read_bytes()).decode()
    return (f'<figure id="figure-{drawn.name}"><button type="button" class="open" aria-label="enlarge"><img alt="{html.escape(drawn.title)}" src="data:image/png;base64,{data}"></button>'
            f"<figcaption><b>{html.escape(drawn.title)}.</b> {html.escape(drawn.caption)}<br><span class=\"file\">figures/{path.name}</span></figcaption></figure>")


def listing(items):
    return "<ul>" + "".join(f"<li>{item}</li>" for item in items) + "</ul>" if items else ""


def write(path, title, facts, tables, figures, notes, options):
    """`figures`: pairs of a Figure and its file; `notes`: what is missing, and why; `options`: the resolved configuration."""
    failed = sum(row["verdict"] == "fail" for data in tables if data.name == "checks" for row in data.rows)
    passed = sum(row["verdict"] == "pass" for data in tables if data.name == "checks" for row in data.rows)
    facts = facts + [("checks", f"{passed} pass, {failed} fail")]
    head = "".join(f"<div><dt>{html.escape(name)}</dt><dd>{html.escape(str(value))}</dd></div>" for name, value in facts)
    body = f'<header><h1>{html.escape(title)}</h1><dl class="facts">{head}</dl></header>'
    if notes:
        body += f'<section id="missing" class="notes"><h2>Not in this report</h2>{listing(map(html.escape, notes))}</section>'
    first = [data for data in tables if data.name.startswith(("models_", "statements_", "checks"))]
    rest = [data for data in tables if data not in first]
    body += '<h2 id="results">Results</h2>' + "".join(map(table, first))
    if figures:
        body += '<h2 id="figures">Figures</h2><div class="figures">' + "".join(figure(*pair) for pair in figures) + "</div>"
    body += '<h2 id="tables">More tables</h2>' + "".join(map(table, rest))
    if options:
        body += f'<h2 id="provenance">Configuration</h2><details><summary>every option, as the last product was made with it</summary><pre>{html.escape(options)}</pre></details>'
    page = TEMPLATE.read_text().replace("<!-- title -->", html.escape(title)).replace("<!-- body -->", body)
    path.write_text(page)
