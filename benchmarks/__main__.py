"""Runs the benchmarks: `python -m benchmarks [--write]`."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

from benchmarks import auto_choice, by_hand, compiled, forms, foundation, large_arrays, small_arrays
from benchmarks.timing import Result, keep_memory, machine

PAGE = Path(__file__).parents[1] / "docs" / "benchmark_results.md"


MEASURES = (
    *(foundation.run, small_arrays.run, large_arrays.run, by_hand.run, auto_choice.results),
    *(compiled.run, forms.run),
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--write", action="store_true", help=f"also write the table to {PAGE.name} of the documentation"
    )
    arguments = parser.parse_args()
    keep_memory()
    results = []
    for measure in MEASURES:
        for result in measure():
            print(f"{result.what}: {result.ratio:.3g}{result.unit} (goal {result.goal}; {result.detail})", flush=True)
            results.append(result)
    if arguments.write:
        PAGE.write_text(page(results), encoding="utf-8")


def page(results: list[Result]) -> str:
    """Return the results as a page of the documentation."""
    lines = [
        "# Measured",
        "",
        f"Written by `python -m benchmarks --write` on {date.today()}: {machine()}.",
        "",
        "| what | goal at most | measured | details |",
        "| --- | --- | --- | --- |",
        *(f"| {r.what} | {r.goal} | {r.ratio:.3g}{r.unit} | {r.detail} |" for r in results),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
