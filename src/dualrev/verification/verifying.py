"""Verification of a user's function at a point."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualrev.errors import NonFinitePointError
from dualrev.operators.backends import returning
from dualrev.operators.call import Point
from dualrev.operators.fundamental import Pullback
from dualrev.operators.options import Argnums
from dualrev.verification import numeric
from dualrev.verification._differences import Differences
from dualrev.verification._hessians import checked
from dualrev.verification._jacobians import INTERRUPTED, Compared, compared
from dualrev.verification._report import HessianCheck, Verification
from dualrev.verification.symbolic import Symbolic
from dualrev.verification.symbols.limits import MOST_NODES, Following

MOST_ELEMENTS = 20_000
MOST_ENTRIES = 64
SECONDS = 30.0
NOT_FINITE = "is not finite at the point"

BRANCHES = (
    "differences contradict the derivative, which is that of the branches taken: a loop that ends when nothing changes "
    "any more, or a root by bisection, drops the derivative; dualrev.implicit_root keeps that of a root"
)


def verify(
    f: Callable[..., Any],
    *args: Any,
    argnums: Argnums = 0,
    order: int = 1,
    entries: int = MOST_ENTRIES,
    nodes: int = MOST_NODES,
    seconds: float = SECONDS,
    seed: int = 0,
    out_shape: int | tuple[int, ...] | None = None,
    **kwargs: Any,
) -> Verification:
    """Check the derivatives of a function at a point, by both modes.

    The function is run on SymPy symbols where SymPy can follow it; a branch is followed as it is taken there, and the
    report says which. Entries of both Jacobians are compared with the symbolic derivative evaluated to 50 digits.
    In any case the adjoint identity <w, Jv> = <J^T w, v>, central differences and, where the function takes complex
    numbers, the complex step are checked.

    A verification that is interrupted (Ctrl-C) while SymPy works returns what was checked until then, with
    `.interrupted` set.

    Parameters
    ----------
    f : callable
    *args
        The point.
    argnums : int or tuple of int
        The arguments to differentiate.
    order : int
        With 2 the Hessian is checked, too; f must return a number then.
    entries : int
        How many entries of the Jacobian to compare with SymPy; more are sampled at random.
    nodes : int
        Symbols, numbers and operations that one expression may have; SymPy is stopped where one grows larger.
    seconds : float
        Time that SymPy may take; it is stopped afterwards.
    seed : int
        Seed of the sample and of the random directions.
    out_shape : int or tuple of int, optional
        For a function that writes its result into its last argument: the shape of that. It is left out of `args`.
    **kwargs
        Passed to `f`.

    Returns
    -------
    Verification
        `.ok`, the errors found, notes on ties and kinks, and `.symbolic`, the function as SymPy's expressions.

    Raises
    ------
    NonFinitePointError
        If the point holds infinities or NaN.
    NonScalarOutputError
        If `order` is 2 and f returns more than a number.

    Examples
    --------
    >>> import numpy as np
    >>> import dualrev as dr
    >>> found = dr.verify(lambda x: np.log(x[0]) + x[0] * x[1] - np.sin(x[1]), np.array([2.0, 5.0]), order=2)
    >>> found.ok
    True
    >>> found.symbolic
    f = x0*x1 + log(x0) - sin(x1)
    """
    return verified(f, args, kwargs, argnums, order, entries, nodes, seconds, seed, out_shape)


def verified(
    f: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    argnums: Argnums,
    order: int = 1,
    entries: int = MOST_ENTRIES,
    nodes: int = MOST_NODES,
    seconds: float = SECONDS,
    seed: int = 0,
    out_shape: int | tuple[int, ...] | None = None,
    known: tuple[Symbolic, Following] | None = None,
    corner: int = 0,
) -> Verification:
    """Return what `verify` does; see `compared` for what the last two arguments are."""
    if order not in (1, 2):
        raise ValueError(f"order={order!r}; expected 1, or 2 to check the Hessian, too")
    rng = np.random.default_rng(seed)
    plain = f
    if out_shape is not None:
        f, plain = (returning(f, out_shape, backend) for backend in ("auto", "numpy"))
    point = Point(f, args, kwargs, argnums)
    _known_finite(point)
    recorded = Pullback.at(point)
    m = sum(int(np.size(v)) for v in recorded.values)
    precision = max((float(np.finfo(x.dtype).eps) for x in [*point.leaves, *recorded.values]), default=1e-16)
    identity = numeric.identity_error(point, rng)
    followed = Point(plain, args, kwargs, argnums, backend="numpy")
    differences = Differences(point, followed, rng)
    kinks = _kinks(point, recorded, differences)
    following = Following(MOST_ELEMENTS, nodes, seconds)
    if known is not None:
        following.take_over(known[1])
    symbols, second = Compared(reason=INTERRUPTED), None
    try:
        symbols = compared(followed, point, recorded, rng, entries, following, known and known[0], corner)
        if order == 2 and not following.interrupted:
            second = checked(point, symbols, rng, entries, following)
    except KeyboardInterrupt:
        following.interrupted = True
    notes = [*_notes(following, symbols), *kinks]
    differ = not differences.error <= differences.tolerance
    agree = symbols.errors is None or max(symbols.errors) <= 1e5 * precision
    if not agree and following.ties and not kinks and not differ:
        notes.append("SymPy's branches are wrong at this tie: both modes agree with central differences")
        agree = True
    whole = symbols.errors is not None and symbols.count == point.n * m
    if differ and agree and whole and not notes and differences.off_for(symbols.symbolic, precision):
        notes.append("central differences are wrong here: those of SymPy's expressions are off by as much")
        differ = False
    stepped = differences.complex_error
    failed = {
        "the adjoint identity": not identity <= 1e4 * precision,
        "central differences": differ,
        "the complex step": stepped is not None and not stepped <= 1e5 * precision,
        "the Hessian": not _second_ok(second, precision),
    }
    against = [check for check, fails in failed.items() if fails]
    if differ and agree and not kinks and not failed["the adjoint identity"]:
        notes.append(BRANCHES)
    ok = agree and not against
    forward_error, reverse_error = symbols.errors or (None, None)
    return Verification(
        ok,
        "numeric" if symbols.errors is None else "symbolic",
        _verdict(point.name, ok, symbols, point.n * m, 1e5 * precision, kinks, against),
        point.n,
        m,
        symbols.count,
        forward_error,
        reverse_error,
        identity,
        differences.error,
        symbols.reason,
        stepped,
        symbols.worst,
        list(following.branches),
        notes,
        recorded.tape.operations,
        second,
        following.interrupted,
        compared=symbols,
    )


def _known_finite(point: Point) -> None:
    for leaf in point.leaves:
        at = np.argwhere(~np.isfinite(leaf))
        if len(at):
            place = "".join(f"[{n}]" for n in at[0])
            raise NonFinitePointError(
                f"the point of {point.name} holds {np.asarray(leaf)[tuple(at[0])]}{f' at {place}' if place else ''}; "
                "expected finite numbers, since neither SymPy nor differences know a derivative elsewhere"
            )


def _notes(following: Following, symbols: Compared) -> list[str]:
    notes = [
        f"a tie at the point, {condition} with equal sides: SymPy follows the branch taken"
        for condition in following.ties
    ]
    notes += [
        f"{fact}; dualrev takes 0 times it as 0, which may not be the derivative of the whole"
        for fact in following.singular
    ]
    if symbols.undefined:
        notes.append(f"SymPy finds no finite real derivative in {symbols.undefined} of the entries: they are left out")
    return notes


def _kinks(point: Point, recorded: Pullback, differences: Differences) -> list[str]:
    if not all(np.isfinite(value).all() for value in recorded.values):
        return [f"{point.name} {NOT_FINITE}: there is no derivative to verify"]
    sides = numeric.bend(differences.call, point.leaves, differences.v)
    if sides is None:
        return []
    return [
        f"a kink or a jump at the point: the one-sided derivatives along a random direction are {sides[0]:.6g} and "
        f"{sides[1]:.6g}, and what dualrev returns is a promise, not a derivative"
    ]


def _second_ok(found: HessianCheck | None, precision: float) -> bool:
    if found is None:
        return True
    return max(found.errors, default=0.0) <= 1e6 * precision and bool(found.difference_error <= precision**0.5)


def _verdict(
    name: str, ok: bool, symbols: Compared, total: int, tolerance: float, kinks: list[str], against: list[str]
) -> str:
    outcome, kink = f"{name}: {'verified' if ok else 'NOT verified'}", bool(kinks)
    if kink and NOT_FINITE in kinks[0]:
        return f"{outcome}, it {NOT_FINITE}"
    if kink:
        outcome += ", at a kink, where a derivative is a promise"
    told_against = f"; against it: {', '.join(against)}" if against else ""
    if symbols.errors is None:
        reason = f"without symbols ({symbols.reason})"
        return f"{outcome}, by the adjoint identity and differences, {reason}{told_against}"
    share = f"all {total}" if symbols.count == total else f"{symbols.count} of {total}"
    stopped = f" ({symbols.reason})" if symbols.reason else ""
    wrong = [mode for mode, error in zip(("forward", "reverse"), symbols.errors, strict=True) if not error <= tolerance]
    if not wrong or symbols.worst is None:
        return f"{outcome}, {share} entries agree with SymPy to 50 digits, both modes{stopped}{told_against}"
    worst = symbols.worst
    units = {"forward": worst.forward_units, "reverse": worst.reverse_units}
    told = " and ".join(f"{mode} mode by {units[mode]:.2g}" for mode in wrong)
    right = [f"; {mode} mode is right" for mode in units if mode not in wrong]
    is_off = "differs from SymPy's branch" if kink or ok else "is wrong"
    return (
        f"{outcome}, {share} entries compared with SymPy to 50 digits{stopped}: entry [{worst.row}, {worst.column}] "
        f"{is_off}, {told} units in the last place{''.join(right)}{told_against}"
    )
