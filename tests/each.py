"""One item for many cases: what pytest does around an item costs more than most cases do."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any

import pytest


def each(name: str, values: Iterable[Any]) -> Callable[[Any], Any]:
    """Run a test for all values of a parameter, in one item that shows every value for which it fails.

    It replaces `pytest.mark.parametrize` where the values are many and the test is short. A case cannot be skipped.
    """
    values = tuple(values)
    assert values, "a test without a case cannot fail"

    def decorate(test: Any) -> Any:
        @functools.wraps(test)
        def of_all(*given: Any, **named: Any) -> None:
            failures = []
            for value in values:
                try:
                    test(*given, **named, **{name: value})
                except pytest.skip.Exception as skip:
                    raise AssertionError("one of many cases cannot be skipped") from skip
                except (Exception, BaseExceptionGroup, pytest.fail.Exception) as failure:
                    failure.add_note(f"{name} = {getattr(value, '__name__', value)}")
                    failures.append(failure)
            if failures:
                raise BaseExceptionGroup(f"{len(failures)} of {len(values)} cases", failures)

        signature = inspect.signature(test)
        left = [parameter for parameter in signature.parameters.values() if parameter.name != name]
        assert len(left) == len(signature.parameters) - 1, f"the test has no parameter {name}"
        of_all.__signature__ = signature.replace(parameters=left)  # which pytest asks for names of fixtures
        return of_all

    return decorate
