"""Records that show themselves: as text, as HTML for notebooks, as a page of their own, and as a picture."""

from __future__ import annotations

import io
import json
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from html import escape
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dualrev.environment import __version__, installed, write_whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import RenderableType

WIDTH = 80
"""Columns of a terminal that sentences are wrapped to. A table is as wide as its cells."""

STYLE = """
body{font-family:system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;line-height:1.45;color:#222}
img,svg{max-width:100%;height:auto} footer{color:#666;font-size:small}
"""
PART_STYLE = """
.dualrev table{border-collapse:collapse;margin:.4rem 0 1rem}
.dualrev th,.dualrev td{padding:.15rem .6rem;text-align:right;white-space:nowrap;border-bottom:1px solid #ddd;
font-variant-numeric:tabular-nums}
.dualrev th:first-child,.dualrev td:first-child,.dualrev .left{text-align:left}
.dualrev tr.best td{font-weight:600;background:#eef6ee}.dualrev tr.none td{color:#888}
.dualrev dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}
.dualrev dt{color:#666}.dualrev dd{margin:0;white-space:pre-line}
.dualrev .verdict{background:#f4f6fa;border-left:4px solid #4a6fa5;padding:.6rem .9rem;margin:.6rem 0}
"""


class Title(str):
    """The subject of a record: one line, and perhaps some more below it."""


class Verdict(str):
    """The result in sentences."""


class Markup(str):
    """A cell that is HTML already."""


@dataclass(frozen=True)
class Facts:
    """Labels and what each says."""

    facts: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Table:
    """Cells under titles, and a sentence above them.

    Attributes
    ----------
    head : sequence of str
    rows : sequence of sequence of str
        Cells past the end of `head` have no room in text.
    caption : str
    left : collection of int
        Columns of words, beside the first one; the others are aligned right.
    titles : sequence of str
        Those of HTML, if they are others.
    marks : dict
        By row, "best" or "none": how HTML draws it.
    """

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str = ""
    left: Sequence[int] = ()
    titles: Sequence[str] = ()
    marks: Sequence[str] = ()


Part = str | Facts | Table


class Document:
    """A record that shows itself, made of the parts that it names."""

    def _parts(self, html: bool = False) -> Sequence[Part]:
        """Return what is shown, a `Title` or a `Verdict` first; `html` says whether cells may be `Markup`."""
        raise NotImplementedError

    def _picture(self) -> str:
        """Return the picture at the end of a page, as HTML."""
        return ""

    def _stored(self) -> str:
        """Return what a file holds that is no page."""
        return f"{self.table()}\n"

    def table(self) -> str:
        """Return the record as text: sentences are wrapped to 80 columns, tables are as wide as their cells."""
        return as_text(self._parts())

    def to_html(self) -> str:
        """Return a page of its own, with a picture where what draws it is installed."""
        return page([self])

    def save(self, path: str | Path) -> None:
        """Write the record to a file: a page if its name ends in `.html`, else JSON where it has that, or text."""
        path = Path(path)
        write_whole(path, self.to_html() if path.suffix == ".html" else self._stored())

    def __str__(self) -> str:
        return self.table()

    def _repr_html_(self) -> str:
        return f"<style>{PART_STYLE}</style>{as_html(self._parts(html=True))}"


class Illustrated(Document):
    """A record that is also drawn."""

    _alt = "a plot"

    def _draw(self) -> Figure:
        raise NotImplementedError

    def _drawable(self) -> bool:
        """Return whether there is something to draw."""
        return True

    def plot(self) -> Figure:
        """Draw the record; its class says what is drawn.

        Raises
        ------
        MissingExtraError
            If Matplotlib is not installed.
        """
        figure = self._draw()
        figure._ipython_display_ = partial(_shown_once, figure)
        return figure

    def _picture(self) -> str:
        if not (installed("matplotlib") and self._drawable()):
            return ""
        import base64

        import matplotlib.pyplot as plt

        drawn, figure = io.BytesIO(), self._draw()
        figure.savefig(drawn, format="png", dpi=150)
        plt.close(figure)
        return f'<img alt="{self._alt}" src="data:image/png;base64,{base64.b64encode(drawn.getvalue()).decode()}">'


def _shown_once(figure: Figure) -> None:
    """Take a figure from pyplot when a notebook shows it, for pyplot would show it again at the end of the cell.

    IPython calls this before it shows a value; `NotImplementedError` tells it to go on as it does otherwise.
    """
    import matplotlib.pyplot as plt

    if "inline" in plt.get_backend():
        plt.close(figure)
    raise NotImplementedError


def as_text(parts: Sequence[Part]) -> str:
    """Return parts as text without colours, which is the same in a terminal and in a pipe."""
    from rich.padding import Padding
    from rich.table import Table as Grid
    from rich.text import Text

    cells: dict[tuple[str, ...], list[Sequence[str]]] = {}
    for part in parts:
        if isinstance(part, Table):
            cells.setdefault(tuple(part.head), [part.head]).extend(part.rows)
    blocks: list[str] = []
    for part in parts:
        grid = Grid.grid(padding=(0, 2, 0, 0))
        if isinstance(part, Facts):
            grid.add_column(no_wrap=True)
            for label, text in part.facts:
                grid.add_row(Text(label), Text(text))
            blocks.append(_printed(Padding(grid, (0, 0, 0, 2)), WIDTH))
        elif isinstance(part, Table):
            # Tables with one head have columns of one width, so that they can be compared.
            alike = cells[tuple(part.head)]
            for n in range(len(part.head)):
                wide = max(Text(row[n]).cell_len for row in alike)
                grid.add_column(justify="left" if n in (0, *part.left) else "right", min_width=wide, no_wrap=True)
            for row in (part.head, *part.rows) if part.rows else ():
                grid.add_row(*map(Text, row[: len(part.head)]))
            caption = _printed(Text(part.caption), WIDTH) if part.caption else ""
            blocks += ["", "\n".join(filter(None, (caption, _printed(grid, 100_000)))), ""]
        else:
            blocks += [""] if isinstance(part, Verdict) else []
            blocks.append("\n".join(_printed(Text(line), WIDTH) for line in part.split("\n")))
    return "\n".join(blocks).replace("\n\n\n", "\n\n").strip("\n")


def _printed(shown: RenderableType, width: int) -> str:
    from rich.console import Console

    # Nothing is asked of the terminal, the notebook or the environment.
    fixed: dict[str, Any] = {"force_terminal": False, "force_jupyter": False, "force_interactive": False}
    console = Console(file=io.StringIO(), width=width, color_system=None, legacy_windows=False, _environ={}, **fixed)
    with console.capture() as captured:
        console.print(shown, soft_wrap=False)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def as_html(parts: Sequence[Part]) -> str:
    """Return parts as HTML."""
    found = ""
    for part in parts:
        if isinstance(part, Facts):
            found += f"<dl>{''.join(f'<dt>{escape(a)}</dt><dd>{_cell(b)}</dd>' for a, b in part.facts)}</dl>"
        elif isinstance(part, Table):
            found += _html_table(part)
        elif isinstance(part, Title):
            first, *more = map(escape, part.split("\n"))
            found += f"<p>{'<br>'.join([f'<b>{first}</b>', *more])}</p>"
        else:
            kind = ' class="verdict"' if isinstance(part, Verdict) else ""
            found += f"<p{kind}>{escape(part)}</p>"
    return f'<div class="dualrev">{found}</div>'


def _html_table(table: Table) -> str:
    caption = f"<p>{escape(table.caption)}</p>" if table.caption else ""
    if not table.rows:
        return caption
    sides = [' class="left"' if n in table.left else "" for n in range(max(map(len, table.rows)))]
    head = "".join(f"<th{side}>{_cell(x)}</th>" for side, x in zip(sides, table.titles or table.head, strict=True))
    rows = ""
    for n, row in enumerate(table.rows):
        kind = f' class="{table.marks[n]}"' if table.marks and table.marks[n] else ""
        cells = "".join(f"<td{side}>{_cell(x)}</td>" for side, x in zip(sides, row, strict=True))
        rows += f"<tr{kind}>{cells}</tr>"
    return f"{caption}<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _cell(text: str) -> str:
    return text if isinstance(text, Markup) else escape(text)


def page(records: Sequence[Document]) -> str:
    """Return records as a page of their own, with what they were made on."""
    parts = [record._parts(html=True) for record in records]
    titles = [str(each[0]).partition("\n")[0] for each in parts]
    body = "".join(as_html(each) + record._picture() for each, record in zip(parts, records, strict=True))
    versions = ", ".join(f"{name} {number}" for name, number in _versions().items())
    machine = f"{versions}; {platform.platform()}, {os.cpu_count()} processors"
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(" and ".join(titles))}: dualrev'
        f"</title><style>{STYLE}{PART_STYLE}</style></head><body>{body}<footer>{escape(machine)}</footer></body></html>\n"
    )


def as_json(content: dict[str, Any]) -> str:
    """Return results as a file holds them, with versions and machine; it holds no number that is not finite."""
    machine = {"platform": platform.platform(), "processors": os.cpu_count()}
    return json.dumps({"versions": _versions(), "machine": machine, **content}, indent=2, allow_nan=False) + "\n"


def plain(x: Any) -> Any:
    """Return nested dicts and sequences as JSON takes them: a number that is not finite becomes a string."""
    if isinstance(x, dict):
        return {key: plain(value) for key, value in x.items()}
    if isinstance(x, list | tuple):
        return [plain(value) for value in x]
    return str(x) if isinstance(x, float) and not isfinite(x) else x


def _versions() -> dict[str, str]:
    from importlib.metadata import version

    numbers = {name: version(name) for name in ("numpy", "numba")}
    return {"dualrev": __version__, **numbers, "python": platform.python_version()}
