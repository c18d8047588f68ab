"""Configuration of the documentation: `sphinx-build -W docs docs/_build/html`. It needs no network."""

import sys
from pathlib import Path

import dualrev

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "dualrev"
author = "The dualrev developers"
version = release = dualrev.__version__

extensions = [
    *("sphinx.ext.autodoc", "sphinx.ext.autosummary", "numpydoc", "myst_parser"),
    *("from_the_code", "house", "executed"),
]
exclude_patterns = ["_build"]
executed_pages = ("by_hand", "traces_and_graphs", "optimisation", "worked_examples")
html_theme = "alabaster"
html_theme_options = {"description": dualrev.__doc__, "page_width": "1100px"}
html_show_copyright = False

autodoc_typehints = "none"
autosummary_generate = False
numpydoc_show_class_members = False
myst_heading_anchors = 3
