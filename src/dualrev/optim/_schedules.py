"""Step sizes by iteration."""

from __future__ import annotations

from collections.abc import Callable

Schedule = Callable[[int], float]
"""The step size of an iteration; the first is 1."""


def constant(step: float) -> Schedule:
    """Return the schedule that is the same at every iteration.

    Examples
    --------
    >>> constant(0.1)(7)
    0.1
    """
    return lambda _: step


def one_over_t(step: float, start: float = 1.0) -> Schedule:
    """Return the schedule step / (start + t - 1), which is `step` at first if `start` is 1.

    Its sum diverges and the sum of its squares does not, as stochastic approximation asks (Robbins and Monro, Annals of
    Mathematical Statistics 22, 1951).

    Examples
    --------
    >>> [one_over_t(0.5)(t) for t in (1, 2, 5)]
    [0.5, 0.25, 0.1]
    """
    return lambda t: step / (start + t - 1)


def schedule(step: float | Schedule) -> Schedule:
    """Return a schedule from a step size or a schedule.

    Raises
    ------
    ValueError
        For a step size that is not positive.
    """
    if callable(step):
        return step
    if not step > 0:
        raise ValueError(f"the step size is {step!r}; expected a positive number, or a function of the iteration")
    return constant(step)
