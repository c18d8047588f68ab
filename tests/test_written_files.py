"""What commands and reports write: to files, through links, to devices and pipes, and to standard output."""

from __future__ import annotations

import errno
import os
import re
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dualrev as dr
from dualrev.cli import main
from dualrev.environment import write_whole

ROOT = Path(__file__).parents[1]
posix = pytest.mark.skipif(os.name != "posix", reason="files as POSIX has them")
Output = pytest.CaptureFixture[str]
WRITERS: dict[str, tuple[str, list[str]]] = {
    "trace": ("out.txt", ["trace", "x*y", "--at", "2,3", "-o"]),
    "graph": ("out.dot", ["graph", "x*y", "--at", "2,3", "-o"]),
    "compare --json": ("out.json", ["compare", "x*y", "--at", "2,3", "--budget", "0", "--no-verify", "--json"]),
    "compare --html": ("out.html", ["compare", "x*y", "--at", "2,3", "--budget", "0", "--no-verify", "--html"]),
    "compare --plot": ("out.png", ["compare", "x*y", "--at", "2,3", "--budget", "0", "--no-verify", "--plot"]),
    "sweep --json": ("out.json", ["sweep", "dense", "--n", "2", "--m", "1", "--budget", "0", "--json"]),
}
every_writer = pytest.mark.parametrize("writer", WRITERS)


@pytest.fixture(scope="module")
def comparison() -> dr.comparison.Comparison:
    return dr.compare(np.sin, 1.0, budget=0.0, verify=False)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, comparison: dr.comparison.Comparison) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("dualrev.cli._commands.compare.compare", lambda *args, **options: comparison)
    monkeypatch.setattr("dualrev.documents.installed", lambda package: False)  # pictures take their time


def held(path: Path) -> bytes:
    content = path.read_bytes()
    assert len(content) > 50
    return content


@posix
@every_writer
def test_every_writer_writes_to_every_kind_of_file(writer: str, tmp_path: Path, capsys: Output) -> None:
    name, arguments = WRITERS[writer]
    path = tmp_path / name
    before = os.umask(0o027)
    try:
        assert main([*arguments, name]) == 0
        assert stat.S_IMODE(path.stat().st_mode) == 0o640, "of a new file the umask decides"
    finally:
        os.umask(before)
    held(path)
    path.write_bytes(b"old")
    path.chmod(0o604)
    link, other = tmp_path / f"link{path.suffix}", tmp_path / f"other{path.suffix}"
    link.symlink_to(name)
    other.symlink_to("target")  # which is not there yet
    assert main([*arguments, link.name]) == 0
    assert main([*arguments, other.name]) == 0
    assert link.is_symlink()
    assert other.is_symlink()
    held(path)
    held(tmp_path / "target")
    assert stat.S_IMODE(path.stat().st_mode) == 0o604, "an existing file keeps its mode"
    pipe = tmp_path / f"pipe{path.suffix}"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    assert main([*arguments, pipe.name]) == 0
    reader.join()
    assert len(read[0]) > 50
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    (tmp_path / f"folder{path.suffix}").mkdir()
    circle = tmp_path / f"circle{path.suffix}"
    circle.symlink_to(circle.name)
    capsys.readouterr()
    for wrong in (f"folder{path.suffix}", f"no/such/{name}", circle.name):
        assert main([*arguments, wrong]) == 2
        error = capsys.readouterr().err
        assert wrong in error
        assert error.count("\n") == 1
    assert not list(tmp_path.glob(".dualrev*"))


def device(path: Path, minor: int) -> Path:
    try:
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, minor))
        path.write_bytes(b"")
    except OSError:
        pytest.skip("no device can be made here")
    return path


@posix
@every_writer
def test_devices_are_written_to_and_stay_devices(writer: str, tmp_path: Path, capsys: Output) -> None:
    name, arguments = WRITERS[writer]
    suffix = Path(name).suffix
    null, full = device(tmp_path / f"null{suffix}", 3), device(tmp_path / f"full{suffix}", 7)
    assert main([*arguments, null.name]) == 0
    capsys.readouterr()
    assert main([*arguments, full.name]) == 2
    error = capsys.readouterr().err
    assert error.endswith(f"cannot be written: {os.strerror(errno.ENOSPC)}\n")
    assert error.count("\n") == 1
    assert all(stat.S_ISCHR(each.stat().st_mode) for each in (null, full))


@posix
def test_a_file_with_other_names_keeps_them_and_reports_are_written_so_too(
    tmp_path: Path, comparison: dr.comparison.Comparison
) -> None:
    first, second = tmp_path / "a.json", tmp_path / "b.json"
    first.write_text("old", encoding="utf-8")
    os.link(first, second)
    write_whole(first, "new")
    assert (second.read_text(encoding="utf-8"), second.stat().st_nlink) == ("new", 2)
    swept = dr.sweep("dense", n=(2,), m=(1,), budget=0.0)
    saves: tuple[Callable[[Path], Any], ...] = (comparison.save, swept.save, dr.graph(np.sin, 1.0).render)
    for n, save in enumerate(saves):
        target, link = tmp_path / f"t{n}", tmp_path / f"l{n}.dot"
        link.symlink_to(target)
        save(link)
        assert link.is_symlink()
        held(target)


def test_half_a_file_is_never_seen_and_nothing_is_left_where_writing_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kept.txt"
    write_whole(path, "old")

    def fails(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(Path, "replace", fails)
    with pytest.raises(OSError, match="full"):
        write_whole(path, "new")
    assert [each.name for each in tmp_path.iterdir()] == ["kept.txt"]
    assert path.read_text(encoding="utf-8") == "old"


def shell(line: str, **variables: str) -> subprocess.CompletedProcess[str]:
    line = line.replace("dualrev ", f"{sys.executable} -m dualrev ")
    return subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False, env=os.environ | variables)


@posix
def test_standard_output_that_cannot_be_written_or_lacks_signs(tmp_path: Path) -> None:
    full = device(tmp_path / "full", 7)
    (tmp_path / "talks.py").write_text("def f(x):\n    print('x' * 100_000)\n    return x\n", encoding="utf-8")
    for command in ("primitives", "trace talks:f --at 1"):
        done = shell(f"dualrev {command} > {full}")
        assert done.returncode == 2
        assert done.stderr == f"dualrev: standard output cannot be written: {os.strerror(errno.ENOSPC)}\n"
    done = shell("set -o pipefail; dualrev primitives --arrays | head -n 1")
    assert (done.returncode, done.stderr) == (0, "")
    line = "dualrev compare 'x*y' --at 2,3 --budget 0.01 --no-verify"
    done = shell(line, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"\d us", done.stdout)
    assert "+-" in done.stdout
    assert done.stdout.isascii()
    done = shell("dualrev trace 'x*y' --at 2,3 -o /dev/stdout | cat; dualrev trace 'x*y' --at 2,3 -o /dev/stdout > f")
    assert done.stdout.count("seed") == 1
    assert "wrote" not in done.stdout
    assert (tmp_path / "f").read_text(encoding="utf-8") == done.stdout


def test_every_hint_installs_from_a_checkout() -> None:
    texts = {path: path.read_text(encoding="utf-8") for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]}
    texts |= {path: path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py")}
    texts |= {path: path.read_text(encoding="utf-8") for path in (ROOT / "benchmarks").rglob("*.py")}
    hints = [(path.name, hint) for path, text in texts.items() for hint in re.findall(r"pip install ['\"\w].*", text)]
    assert not [hint for hint in hints if re.match(r"pip install ['\"]?dualrev", hint[1])]
    unquoted = [
        (path.name, hint) for path, text in texts.items() for hint in re.findall(r"pip install (?:-e )?\.\[.*", text)
    ]
    assert not unquoted, "zsh takes brackets without quotes for a pattern"
