"""Tries an installation of dualrev without any extra: what needs none works, and what needs one says which.

Run it with the Python of an environment that holds the wheel and what the wheel depends on, and nothing else:

    python -I .ci/smoke.py

Every check prints a line. The exit code is 0 if all of them hold.
"""

from __future__ import annotations

import contextlib
import doctest
import importlib.util
import io
import json
import os
import re
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
EXTRAS = ("scipy", "matplotlib", "graphviz", "numba_cuda")
USERS = """
import numba
import numpy as np


def f(x):
    return x[0] ** 2 * np.sin(x[1])


def never(x):
    raise AssertionError("called before a missing package was named")


def broken(x):
    return x[7]


@numba.njit
def filled(p, steps):
    y = np.empty(steps)
    y[0] = p[1]
    for k in range(1, steps):
        y[k] = p[0] * y[k - 1] * (1 - y[k - 1])
    return y


@numba.njit
def solved(a):
    return np.sum(np.linalg.solve(a, np.ones(2)))
"""


def the_package_is_the_installed_one() -> None:
    """Expect that no file of the checkout is imported, and that no extra is there."""
    import dualrev

    # Not "outside of the checkout": nox keeps its environments inside.
    assert Path(dualrev.__file__).is_relative_to(sysconfig.get_path("purelib")), dualrev.__file__
    there = [name for name in EXTRAS if importlib.util.find_spec(name)]
    assert not there, f"an environment without extras holds {there}"


def examples_of(page: str) -> Callable[[], None]:
    """Return a check of the examples of a page that need no SciPy."""

    def run() -> None:
        text = (CHECKOUT / page).read_text(encoding="utf-8")
        blocks = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
        names: dict[str, object] = {"__name__": "__page__"}
        flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
        ran = 0
        for block in blocks:
            if "scipy" not in block:
                test = doctest.DocTestParser().get_doctest(block, names, page, page, 0)
                test.globs = names
                report: list[str] = []
                failed = doctest.DocTestRunner(optionflags=flags, verbose=False).run(
                    test, out=report.append, clear_globs=False
                )
                assert not failed.failed, "".join(report)
                ran += len(test.examples)
        assert ran > 5, f"{ran} examples found"

    run.__name__ = f"the_examples_of_{page}_that_need_no_scipy"
    return run


def command(*arguments: str, code: int = 0) -> tuple[str, str]:
    """Run `dualrev` in this process; return what it printed on standard output and standard error."""
    from dualrev.cli import main

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        found = main(arguments)
    assert found == code, f"dualrev {' '.join(arguments)}: {found}, expected {code}\n{out.getvalue()}{err.getvalue()}"
    assert "Traceback" not in err.getvalue() or code == 3, err.getvalue()
    return out.getvalue(), err.getvalue()


def the_command_is_on_the_path() -> None:
    """Run the script of the wheel: its exit codes are those of the commands."""
    script = Path(sys.executable).parent / ("dualrev.exe" if os.name == "nt" else "dualrev")
    for arguments, code in ((["--version"], 0), ([], 2), (["verify", "users:broken", "--at", "1,2"], 3)):
        done = subprocess.run([script, *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == code, (arguments, done)


def commands_that_need_no_extra() -> None:
    """Look at what they print and write."""
    assert "not installed" in command("info")[0]
    assert "rosenbrock" in command("problems")[0]
    assert "sin(x)" in command("primitives")[0]
    shown = command("verify", "users:f", "--at", "1,2", "--symbolic", "--latex")[0]
    assert "f = x0**2*sin(x1)" in shown
    assert "µs for an evaluation" in shown
    assert r"\sin" in shown
    assert "agree with SymPy" in command("verify", "log(x1)+x1*x2", "--at", "2,5")[0]
    assert "inf ulp" not in command("verify", "users:f", "--at", "0.3,2.7")[0]
    assert "5.5" in command("trace", "log(x1)+x1*x2-sin(x2)", "--at", "2,5")[0]
    assert "filled, forward mode" in command("trace", "users:filled", "--at", "2,0.25;4")[0]
    assert command("graph", "heat")[0].startswith("digraph {")
    command("graph", "x*y", "--at", "2,3", "-o", "graph.dot")
    assert Path("graph.dot").read_text(encoding="utf-8").startswith("digraph {")
    command("compare", "users:f", "--at", "1,2", "--budget", "0", "--json", "found.json", "--html", "found.html")
    assert json.loads(Path("found.json").read_text(encoding="utf-8"))["comparisons"][0]["n"] == 2
    assert "verdict" in Path("found.html").read_text(encoding="utf-8")
    assert "of 4 Jacobians" in command("sweep", "dense", "--n", "1,9", "--m", "1,2", "--budget", "0")[0]


def commands_that_need_an_extra() -> None:
    """Expect exit code 2 and one line before the function is called, and nothing written."""
    for extra, arguments in (
        ("plot", ("compare", "users:never", "--at", "1,2", "--plot", "out.png")),
        ("plot", ("sweep", "dense", "--plot", "out.png")),
        ("graph", ("graph", "users:never", "--at", "1,2", "-o", "out.svg")),
    ):
        error = command(*arguments, code=2)[1]
        assert f"pip install '.[{extra}]'" in error, error
        assert error.count("\n") == 1, error
    assert not list(Path().glob("out.*"))


def error_of(call: Callable[[], object], expected: type[Exception]) -> str:
    """Return the message of the error that a call raises."""
    try:
        call()
    except expected as error:
        return str(error)
    raise AssertionError(f"{expected.__name__} was expected of {call}")


def functions_that_need_an_extra() -> None:
    """Expect one of dualrev's errors, which names the extra."""
    import numba
    import numpy as np
    import users

    import dualrev as dr

    matrix = np.array([[2.0, 1.0], [0.0, 3.0]])
    for extra, call in (
        ("scipy", lambda: dr.linear_operator(np.sin, np.ones(2))),
        ("scipy", lambda: dr.optim.minimize(np.sin, 1.0, method="L-BFGS-B")),
        ("scipy", lambda: dr.grad(lambda x: dr.special.jv(1.0, x))(2.0)),
        ("scipy", lambda: dr.linalg.expm(matrix)),
        ("scipy", lambda: dr.grad(users.solved)(matrix)),
        ("scipy", lambda: dr.grad(lambda x: dr.as_step(users.solved)(x))(matrix)),
        ("plot", lambda: dr.compare(np.sin, 1.0, budget=0.0, verify=False).plot()),
        ("plot", lambda: dr.optim.minimize(lambda x: x**2, 1.0).plot()),
        ("graph", lambda: dr.graph(np.sin, 1.0).render("out.svg")),
    ):
        told = error_of(call, dr.errors.MissingExtraError)
        assert f"pip install '.[{extra}]'" in told, told
    told = error_of(lambda: dr.grad(users.f, batched=True, device="cuda")(np.ones((2, 2))), dr.errors.NoDeviceError)
    assert "pip install '.[cuda]'" in told, told
    norm = numba.njit(lambda x: np.linalg.norm(x))
    np.testing.assert_allclose(dr.grad(norm)(np.array([3.0, 4.0])), [0.6, 0.8], rtol=1e-14)


def main() -> int:
    """Run all checks and print how they end."""
    print(f"Python {sys.version.split()[0]}, {sys.executable}", flush=True)
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        os.environ |= {"DUALREV_CACHE_DIR": f"{folder}/cache", "DUALREV_CONFIG_DIR": f"{folder}/config"}
        Path("users.py").write_text(USERS, encoding="utf-8")
        sys.path.insert(0, folder)
        for check in (
            the_package_is_the_installed_one,
            examples_of("README.md"),
            examples_of("docs/tutorial.md"),
            the_command_is_on_the_path,
            commands_that_need_no_extra,
            commands_that_need_an_extra,
            functions_that_need_an_extra,
        ):
            start = time.perf_counter()
            try:
                check()
                state = "ok"
            except Exception as error:
                wrong += 1
                state = f"FAILED: {type(error).__name__}: {error}"
            print(f"  {check.__name__.replace('_', ' ')}: {state}, {time.perf_counter() - start:.1f} s", flush=True)
        os.chdir(CHECKOUT)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
