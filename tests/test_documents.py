"""Records that show themselves: as text in a terminal and in a pipe, as HTML, in files, and as one drawing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dualrev as dr
from dualrev.documents import Document, Facts, Markup, Table, Title, as_html, as_text


def model(x: Any) -> Any:
    return x[0] * np.exp(x[1]) if x[0] > 1 else x[1]


POINT = np.array([2.0, 0.5])
RECORDS = {
    "verification": lambda: dr.verify(model, POINT, order=2),
    "comparison": lambda: dr.compare(model, POINT, budget=0.0, verify=False),
    "sweep": lambda: dr.sweep("dense", n=(2, 300), m=(1, 3), budget=0.0),
    "plan": lambda: dr.jacobian(lambda x: np.sum(x**2)).plan(np.ones(1000)),
    "minimum": lambda: dr.optim.minimize(lambda x: np.sum((x - 1.0) ** 2), np.zeros(20), step=0.1),
    "root": lambda: dr.optim.newton_root(lambda x: x**2 - 2.0, 1.0),
    "trace": lambda: dr.trace(model, POINT),
    "graph": lambda: dr.graph(model, POINT),
    "problem": lambda: dr.problems.get("softmax"),
}


@pytest.mark.parametrize("name", RECORDS)
def test_every_record_shows_itself(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = RECORDS[name]()
    assert isinstance(record, Document)
    text = record.table()
    assert str(record) == text
    assert "\x1b" not in text
    assert all(line == line.rstrip() for line in text.splitlines())
    assert name == "trace" or max(map(len, text.splitlines())) <= 80
    for variable in ("FORCE_COLOR", "COLUMNS", "TTY_COMPATIBLE"):
        monkeypatch.setenv(variable, "30")
    assert record.table() == text, "whatever the terminal is"
    page = record.to_html()
    assert page.startswith("<!DOCTYPE html>")
    assert page.count("<p>") + page.count("<p ") == page.count("</p>")
    record.save(tmp_path / "page.html")
    assert "</footer>" in (tmp_path / "page.html").read_text(encoding="utf-8")
    record.save(tmp_path / "text.txt")
    kept = (tmp_path / "text.txt").read_text(encoding="utf-8")
    assert kept.startswith('{\n  "versions"') if name in ("comparison", "sweep") else kept == f"{text}\n"
    if name != "graph":  # a notebook has it drawn, or as Graphviz' language
        assert '<div class="dualrev">' in record._repr_html_()


def test_a_graph_in_a_page_is_drawn_or_written_down() -> None:
    page = dr.graph(lambda x: x * np.sin(x), 0.5).to_html()
    assert "<svg" in page or "<pre>digraph {" in page


def test_tables_never_fold_and_sentences_do() -> None:
    wide = "x" * 200
    table = Table(("name", "value"), [("a", wide), ("[b]b", "1")], "What it is of: " + "word " * 30)
    text = as_text([Title("title"), table, Facts([("label", "word " * 30)])])
    lines = text.splitlines()
    assert f"a{' ' * 5}{wide}" in lines
    assert any(line.startswith("[b]b ") for line in lines), "no markup of rich"
    assert all(len(line) <= 80 for line in lines if "word" in line)
    assert text.startswith("title\n\nWhat it is of: ")


def test_html_is_escaped_unless_it_is_markup() -> None:
    shown = as_html([Title("<f>"), Table(("<h>",), [("<a>",), (Markup("<i>v</i>"),)]), Facts([("<b>", "<c>")])])
    assert all(f"&lt;{letter}&gt;" in shown for letter in "fhabc")
    assert "<td><i>v</i></td>" in shown


def test_a_notebook_shows_one_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    """IPython calls `_ipython_display_`, and shows the value itself where that is not implemented."""
    pyplot = pytest.importorskip("matplotlib.pyplot")
    figure = dr.optim.newton_root(lambda x: x**2 - 2.0, 1.0).plot()
    with pytest.raises(NotImplementedError):
        figure._ipython_display_()
    assert pyplot.fignum_exists(figure.number), "in a window of its own it stays"
    monkeypatch.setattr(pyplot, "get_backend", lambda: "module://matplotlib_inline.backend_inline")
    with pytest.raises(NotImplementedError):
        figure._ipython_display_()
    assert not pyplot.fignum_exists(figure.number), "pyplot does not show it a second time"


def test_numbers_print_as_python_has_them() -> None:
    assert repr(dr.Var(3.0)) == "Var(3.0)"
    assert repr(dr.Dual(3.0, 1.0)) == "Dual(3.0, 1.0)"
    assert repr(dr.Dual(np.float32(3.0), np.float32(1.0))) == "Dual(np.float32(3.0), np.float32(1.0))"
