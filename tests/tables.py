"""Tables of cases that are looked through in one test: each case costs a test of its own a hundredth of a second."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest


def each(cases: Iterable[Any]) -> Callable[[Callable[..., None]], Callable[[], None]]:
    """Run a test for all cases (tuples are its arguments), and name every one that fails."""

    def decorated(test: Callable[..., None]) -> Callable[[], None]:
        def whole() -> None:
            failed = []
            for case in cases:
                try:
                    test(*(case if isinstance(case, tuple) else (case,)))
                except (AssertionError, pytest.fail.Exception) as error:
                    failed.append(f"{case!r:.200}: {str(error)[:500]}")
            assert not failed, "\n".join(failed)

        whole.__name__, whole.__doc__ = test.__name__, test.__doc__
        return whole

    return decorated
