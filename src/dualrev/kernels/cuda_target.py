"""The glue to numba-cuda: the only module that imports it, when something is first asked of a device.

Types, overloads and rules are Numba's for every target, so that functions compiled for the CPU are compiled for a
kernel that calls them, too. numba-cuda is in maintenance; whatever takes its place is to be met here.
"""

from __future__ import annotations

import importlib.util
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from types import SimpleNamespace
from typing import Any, NamedTuple

from dualrev.environment import install
from dualrev.errors import NoDeviceError

CAPABILITY = (9, 0)
"""The compute capability to compile for where there is no device to ask."""


@cache
def api() -> Any:
    """Return the module `numba.cuda`.

    Raises
    ------
    NoDeviceError
        If it is not installed.
    """
    if importlib.util.find_spec("numba_cuda") is None:
        raise NoDeviceError(f"device='cuda' needs the package numba-cuda, which is not installed; {install('cuda')}")
    from numba import cuda

    return cuda


def missing() -> str | None:
    """Return what is missing for code to run on a device, and what to do; None if nothing is."""
    try:
        cuda = api()
    except NoDeviceError as error:
        return str(error)
    if simulated() or cuda.is_available():
        return None
    from numba.cuda.cudadrv.driver import driver

    if driver.initialization_error is None:
        return "the driver finds no CUDA device: see nvidia-smi"
    reason = " ".join(str(driver.initialization_error).split()).strip(": ")
    return f"CUDA needs an NVIDIA driver, which is missing or does not start: {reason}"


def simulated() -> bool:
    """Whether kernels run in Numba's simulator, which knows plain numbers only."""
    from numba.core import config

    return bool(config.ENABLE_CUDASIM)


def expect_device() -> None:
    """Raise a `NoDeviceError` that names what is missing, if anything is."""
    lacking = missing()
    if lacking is not None:
        raise NoDeviceError(lacking)


def kernel(function: Callable[..., Any]) -> Any:
    """Return a function as a kernel, compiled for the types that it is launched with."""
    return api().jit(function)


def assembly(function: Callable[..., Any], numba_types: Sequence[Any], capability: tuple[int, int] = CAPABILITY) -> str:
    """Return the PTX of a kernel for arguments of some types. It takes no device."""
    cuda = api()
    with _as_if_there_were(capability):
        ptx, _ = cuda.compile_ptx(function, tuple(numba_types), cc=capability)
    return str(ptx)


class Resources(NamedTuple):
    """The resources of a thread on the card, as the assembler reports them."""

    registers: int
    stack_bytes: int
    spilled_bytes: int
    shared_bytes: int


def resources(ptx: str, *options: str, capability: tuple[int, int] = CAPABILITY) -> Resources | None:
    """Assemble the PTX of one kernel and return what it takes; None where there is no assembler. It takes no device.

    `options` are the linker's, `-maxrregcount=32` for instance.
    """
    try:
        from cuda.bindings import nvjitlink
    except ImportError:
        return None
    settings = [f"-arch=sm_{capability[0]}{capability[1]}", "-O3", "-verbose", *options]
    linker = nvjitlink.create(len(settings), settings)
    try:
        nvjitlink.add_data(linker, nvjitlink.InputType.PTX, ptx.encode(), len(ptx.encode()), "kernel")
        nvjitlink.complete(linker)
        log = bytearray(nvjitlink.get_info_log_size(linker))
        nvjitlink.get_info_log(linker, log)
    finally:
        nvjitlink.destroy(linker)
    text = log.decode()

    def found(pattern: str) -> int:
        return max((int(number) for number in re.findall(pattern, text)), default=0)

    return Resources(
        found(r"Used (\d+) registers"),
        found(r"(\d+) bytes stack frame"),
        found(r"(\d+) bytes spill stores"),
        found(r"(\d+) bytes smem"),
    )


@contextmanager
def _as_if_there_were(capability: tuple[int, int]) -> Iterator[None]:
    """Let functions that a kernel calls be compiled where no device can be asked what for."""
    from numba.cuda import dispatcher

    if missing() is None:
        yield
        return
    # numba-cuda asks for the current device through a name of its module. It is replaced for one thread at a time, or
    # another would get it back too early.
    with _COMPILING:
        ask = dispatcher.get_current_device
        dispatcher.get_current_device = lambda: SimpleNamespace(compute_capability=capability, id=0)
        try:
            yield
        finally:
            dispatcher.get_current_device = ask


_COMPILING = threading.Lock()
