"""Sphinx directives that draw the house from its imports, and follow calls through its files, when pages are built."""

from __future__ import annotations

import ast
import importlib
import sys
from collections import defaultdict
from collections.abc import Callable
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from docutils import nodes
from docutils.parsers.rst import directives
from numba import njit
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import dualrev as dr

SOURCE = Path(dr.__file__).parent
WIDTH, HEIGHT, GAP = 116, 34, 26
"""Of a room, and between floors, in pixels."""


def rooms() -> dict[str, Path]:
    """Return the packages and loose modules of dualrev, but for the face that re-exports them."""
    found = [path for path in SOURCE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()]
    return {path.stem: path for path in sorted(found) if not path.stem.startswith("__")}


@cache
def arrows() -> dict[str, set[str]]:
    """Return per room the rooms that it imports from, inside functions, too."""
    known = rooms()
    found: dict[str, set[str]] = defaultdict(set)
    for name, place in known.items():
        for file in place.rglob("*.py") if place.is_dir() else [place]:
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                for module in _imported(node):
                    other = module.split(".")[1] if module.startswith("dualrev.") else ""
                    if other in known and other != name:
                        found[name].add(other)
    return found


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        module = node.module or ""
        return [f"dualrev.{each.name}" for each in node.names] if module == "dualrev" else [module]
    return [each.name for each in node.names] if isinstance(node, ast.Import) else []


@cache
def floor(room: str) -> int:
    """Return how many arrows lead down from a room, at most, one below the other."""
    return max((floor(other) + 1 for other in arrows()[room]), default=0)


def picture() -> str:
    """Return a drawing of the rooms, each above all that it imports from."""
    floors: dict[int, list[str]] = defaultdict(list)
    for room in rooms():
        floors[floor(room)].append(room)
    top, widest = max(floors), max(map(len, floors.values()))
    width, height = widest * (WIDTH + GAP) + GAP, (top + 1) * (HEIGHT + GAP) + GAP
    places = {}
    for n, on_it in floors.items():
        left = (width - len(on_it) * (WIDTH + GAP) + GAP) / 2
        for k, room in enumerate(on_it):
            places[room] = (left + k * (WIDTH + GAP), GAP + (top - n) * (HEIGHT + GAP))
    lines = []
    for room, others in arrows().items():
        # An arrow that another way leads beside is left out: all that is above can be reached.
        direct = [other for other in others if not any(_reaches(each, other) for each in others - {other})]
        for other in sorted(direct):
            (x, y), (to_x, to_y) = places[room], places[other]
            lines.append(
                f'<line x1="{x + WIDTH / 2}" y1="{y + HEIGHT}" x2="{to_x + WIDTH / 2}" y2="{to_y}" stroke="#99a"/>'
            )
    for room, (x, y) in places.items():
        lines.append(
            f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="4" fill="#eef2f8" stroke="#557"/>'
            f'<text x="{x + WIDTH / 2}" y="{y + HEIGHT / 2 + 5}" text-anchor="middle">{escape(room)}</text>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{1.4 * width:.0f}" '
        f'font-family="sans-serif" font-size="14" style="max-width: 100%" role="img">'
        "<title>Which package imports from which</title>"
        f"{''.join(lines)}</svg>"
    )


@cache
def _reaches(room: str, other: str) -> bool:
    return other in arrows()[room] or any(_reaches(each, other) for each in arrows()[room])


def subject(module: str) -> str:
    """Return the first sentence of a module's docstring."""
    text = (importlib.import_module(module).__doc__ or "").strip().split("\n\n")[0]
    return " ".join(text.split()).partition(". ")[0].rstrip(".")


def walk(call: Callable[[], Any]) -> list[str]:
    """Return the files of dualrev that a call passes, in the order in which they are entered first."""
    met: dict[str, None] = {}

    def look(frame: Any, event: str, _: Any) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(str(SOURCE)):
            met.setdefault(str(Path(frame.f_code.co_filename).relative_to(SOURCE)))

    sys.setprofile(look)
    try:
        call()
    finally:
        sys.setprofile(None)
    return list(met)


X = np.array([1.0, 2.0, 3.0])


def _product(x: Any) -> Any:
    return x[0] * np.sin(x[1]) + x[2]


def _warm(operator: Any) -> Callable[[], Any]:
    operator(X)
    return lambda: operator(X)


WALKS: dict[str, Callable[[], Callable[[], Any]]] = {
    "grad": lambda: _warm(dr.grad(_product, mode="reverse")),
    "compiled": lambda: lambda: dr.jacobian(njit(_product), mode="forward")(X),
    "compiled again": lambda: _warm(dr.jacobian(njit(_product), mode="forward")),
    "verify": lambda: lambda: dr.verify(_product, X),
}
"""What is followed: each makes ready and returns the call."""


class HousePicture(SphinxDirective):
    """The drawing of the packages."""

    def run(self) -> list[nodes.Node]:
        """Return the drawing, as text for HTML."""
        return [nodes.raw("", f'<div class="house">{picture()}</div>', format="html")]


class HouseRooms(SphinxDirective):
    """A table of the packages: floor, name, subject."""

    def run(self) -> list[nodes.Node]:
        """Return the table, from the top to the ground."""
        lines = [".. list-table::", "   :header-rows: 1", "", "   * - floor", "     - room", "     - what it is"]
        for room in sorted(rooms(), key=lambda room: (-floor(room), room)):
            lines += [f"   * - {floor(room)}", f"     - ``{room}``", f"     - {subject(f'dualrev.{room}')}"]
        return self.parse_text_to_nodes("\n".join(lines))


class HouseWalk(SphinxDirective):
    """The files that a call passes, in their order."""

    required_arguments = 1
    final_argument_whitespace = True
    option_spec = {"most": directives.nonnegative_int}  # noqa: RUF012

    def run(self) -> list[nodes.Node]:
        """Follow the call."""
        files = walk(WALKS[self.arguments[0]]())
        most = self.options.get("most", len(files))
        lines = [f"{n}. ``{file}``: {subject(_module(file))}" for n, file in enumerate(files[:most], 1)]
        if len(files) > most:
            lines += ["", f"and {len(files) - most} more."]
        return self.parse_text_to_nodes("\n".join(lines))


def _module(file: str) -> str:
    parts = Path(file).with_suffix("").parts
    return ".".join(("dualrev", *parts)).removesuffix(".__init__")


def setup(app: Sphinx) -> dict[str, Any]:
    """Enter the directives."""
    app.add_directive("house-picture", HousePicture)
    app.add_directive("house-rooms", HouseRooms)
    app.add_directive("house-walk", HouseWalk)
    return {"parallel_read_safe": True}
