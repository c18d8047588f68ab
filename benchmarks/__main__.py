"""Runs the benchmarks: `python -m benchmarks [--only NAME ...] [--write]`."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

from benchmarks import auto_choice, by_hand, compiled, forms, foundation, generated, large_arrays, small_arrays
from benchmarks.timing import Result, keep_memory, machine

PAGE = Path(__file__).parents[1] / "docs" / "benchmark_results.md"

MEASURES = {
    "foundation": ("NumPy code", foundation.run),
    "small_arrays": ("Small arrays", small_arrays.run),
    "large_arrays": ("Large arrays", large_arrays.run),
    "by_hand": ("Var by hand, traces and graphs", by_hand.run),
    "auto_choice": ("The choice of auto", auto_choice.results),
    "compiled": ("Functions that Numba compiles", compiled.run),
    "forms": ("The same as people write them", forms.run),
    "generated": ("Generated adjoints", generated.run),
}
"""From the names of all measures to the titles of their sections and what runs them."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=MEASURES, default=list(MEASURES), help="what is measured")
    parser.add_argument("--write", action="store_true", help=f"also write the sections of {PAGE.name}")
    arguments = parser.parse_args()
    keep_memory()
    sections = sections_of(PAGE.read_text(encoding="utf-8"))
    for name in arguments.only:
        title, run = MEASURES[name]
        results = []
        for result in run():
            print(result.line, flush=True)
            results.append(result)
        sections[title] = section(results, f"Measured by `python -m benchmarks --only {name}`")
    if arguments.write:
        PAGE.write_text(page(sections), encoding="utf-8")


def sections_of(text: str) -> dict[str, str]:
    """Return the sections of a page by their titles."""
    parts = [part.partition("\n\n") for part in text.split("\n## ")[1:]]
    return {title: body.strip() for title, _, body in parts}


def page(sections: dict[str, str]) -> str:
    """Return the page, its sections in the order of the measures."""
    titles = [title for title, _ in MEASURES.values() if title in sections]
    return "# Measured\n" + "".join(f"\n## {title}\n\n{sections[title]}\n" for title in titles)


def section(results: list[Result], measured: str) -> str:
    """Return a table of results, under a line that tells when and where they were measured."""
    beside = list(results[0].beside)
    head = ["what", "goal at most", "measured", *beside, "details"]
    lines = [f"{measured} on {date.today()}: {machine()}.", ""]
    lines += [f"| {' | '.join(each)} |" for each in (head, ["---"] * len(head))]
    for r in results:
        ratios = [f"{r.beside[name]:.3g}" if name in r.beside else "" for name in beside]
        lines.append(f"| {' | '.join([r.what, r.goal, f'{r.ratio:.3g}{r.unit}', *ratios, r.detail])} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
