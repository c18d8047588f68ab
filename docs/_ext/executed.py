"""Pages whose code runs when they are built, and figures that scripts in `examples/` draw then.

The directive `worked-figure` takes the name of a script. What a page shows is compared with what its code prints; a
difference fails the build.
"""

from __future__ import annotations

import base64
import contextlib
import doctest
import importlib.util
import io
import re
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

EXAMPLES = Path(__file__).parents[2] / "examples"
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@cache
def figure(name: str) -> bytes:
    """Run a script and return the picture that it draws."""
    path = EXAMPLES / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None or not path.exists():
        raise ExtensionError(f"there is no script {path}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        module.main(Path(folder))
        return (Path(folder) / f"{name}.png").read_bytes()


class WorkedFigure(SphinxDirective):
    """A figure that a script draws, with a caption."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Run the script, and put its picture into the page."""
        (name,) = self.arguments
        self.env.note_dependency(str(EXAMPLES / f"{name}.py"))
        source = base64.b64encode(figure(name)).decode()
        words = " ".join(self.content)
        image = f'<img alt="{nodes.unescape(words)}" src="data:image/png;base64,{source}" style="max-width:100%">'
        caption = nodes.paragraph("", "", nodes.emphasis("", f"{words} (examples/{name}.py)"))
        return [nodes.raw("", image, format="html"), caption]


def execute(app: Sphinx, name: str, source: list[str]) -> None:
    """Run the examples of a page before it is parsed."""
    if name not in app.config.executed_pages:
        return
    names: dict[str, Any] = {"__name__": "__page__"}
    report: list[str] = []
    for block in BLOCK.finditer(source[0]):
        line = source[0][: block.start(1)].count("\n")
        test = doctest.DocTestParser().get_doctest(block.group(1), names, name, f"{name}.md", line)
        test.globs = names
        doctest.DocTestRunner(optionflags=FLAGS, verbose=False).run(test, out=report.append, clear_globs=False)
    if report:
        raise ExtensionError("".join(report))


def setup(app: Sphinx) -> dict[str, Any]:
    """Add the directive, the setting `executed_pages` and what runs them."""
    app.add_config_value("executed_pages", (), "env", (tuple, list))
    app.add_directive("worked-figure", WorkedFigure)
    app.connect("source-read", execute)
    return {"version": "1", "parallel_read_safe": True}
