"""Memory for the tapes of a kernel's threads."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualrev.errors import DeviceError, TapeOverflowError
from dualrev.kernels import cuda_target


class Workspace:
    """Memory on the device for the tapes of so many threads; see `reverse_grad`.

    Parameters
    ----------
    threads : int
        Threads that run at the same time.
    records : int
        For each thread: one more than the numbers that are differentiated and the operations of two numbers.
    dtype : dtype
        float32 or float64.

    Attributes
    ----------
    arrays : tuple of device arrays
        Partials, operands, adjoints and flags, to hand over to a kernel.
    nbytes : int

    Raises
    ------
    DeviceError
        If the sizes are not positive, or the dtype is another.
    NoDeviceError
        If there is no device.
    """

    def __init__(self, threads: int, records: int, dtype: Any = np.float64) -> None:
        if min(threads, records) < 1:
            raise DeviceError(f"a workspace of {records} records for {threads} threads; expected at least one of each")
        dtype = np.dtype(dtype)
        if dtype not in (np.float32, np.float64):
            raise DeviceError(f"a workspace of {dtype}; expected float32 or float64")
        cuda_target.expect_device()
        make = cuda_target.api().device_array
        self.threads, self.records = threads, records
        flags = cuda_target.api().to_device(np.zeros(1, np.int32))
        shape = (records, threads)
        self.arrays = (make((2, *shape), dtype), make((2, *shape), np.int32), make(shape, dtype), flags)
        self.nbytes = sum(int(np.prod(a.shape)) * a.dtype.itemsize for a in self.arrays)

    def check(self) -> None:
        """Raise an error if a thread's tape did not fit in the launches since the last check.

        Raises
        ------
        TapeOverflowError
            The results of such threads are NaN.
        """
        flags = self.arrays[3]
        if flags.copy_to_host()[0]:
            flags.copy_to_device(np.zeros(1, np.int32))
            raise TapeOverflowError(
                f"a thread made more than {self.records} records, for which its tape has no room; its results are NaN. "
                f"Make the workspace with more: Workspace({self.threads}, {2 * self.records})"
            )
