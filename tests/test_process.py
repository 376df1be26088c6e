"""Signals and the limit of open files."""

import asyncio
import os
import signal
import sys
from typing import Any

import pytest

from dset import process

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")


def caught(*numbers: int) -> list[int]:
    """What `received` got of these signals, sent to this process."""
    received: list[int] = []

    async def listen() -> None:
        with process.signals(received.append):
            for number in numbers:
                os.kill(os.getpid(), number)
                await asyncio.sleep(0.01)

    asyncio.run(listen())
    return received


@POSIX
def test_ctrl_c_sigterm_and_a_closed_terminal_reach_the_loop_each_time() -> None:
    sent = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGINT]
    assert caught(*sent) == sent


@POSIX
def test_the_handlers_that_were_there_are_put_back() -> None:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    caught()
    assert [signal.getsignal(number) for number in numbers] == before


@POSIX
def test_they_are_put_back_after_an_error_too() -> None:
    before = signal.getsignal(signal.SIGINT)

    async def fail() -> None:
        with process.signals(print):
            raise ValueError("oops")

    with pytest.raises(ValueError, match="oops"):
        asyncio.run(fail())
    assert signal.getsignal(signal.SIGINT) == before


@POSIX
def test_a_signal_that_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert caught(signal.SIGHUP, signal.SIGTERM) == [signal.SIGTERM]
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


@POSIX
@pytest.mark.parametrize(("name", "closed"), [("SIGINT", False), ("SIGTERM", False), ("SIGHUP", True)])
def test_only_a_hang_up_means_that_nobody_is_there_any_more(name: str, closed: bool) -> None:
    assert process.is_closed_terminal(getattr(signal, name)) is closed


@POSIX
@pytest.mark.parametrize(
    ("limits", "count", "expected"),
    [
        ((256, 10_000), 1000, [(1128, 10_000)]),
        ((256, 500), 1000, [(500, 500)]),
        ((256, -1), 1000, [(1128, -1)]),
        ((4096, 10_000), 1000, []),
        ((-1, -1), 1000, []),
        ((500, 500), 1000, []),
    ],
)
def test_the_limit_of_open_files_is_raised_as_far_as_is_needed_and_allowed(
    monkeypatch: pytest.MonkeyPatch, limits: tuple[int, int], count: int, expected: list[tuple[int, int]]
) -> None:
    import resource

    infinity = resource.RLIM_INFINITY
    now = tuple(infinity if limit == -1 else limit for limit in limits)
    wanted = [(soft, infinity if hard == -1 else hard) for soft, hard in expected]
    made: list[Any] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: now)
    monkeypatch.setattr(resource, "setrlimit", lambda _, limit: made.append(limit))
    process.allow_sockets(count)
    assert made == wanted


@POSIX
def test_a_limit_that_cannot_be_raised_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    import resource

    def refuse(*_: object) -> None:
        raise ValueError("not allowed to raise maximum limit")

    monkeypatch.setattr(resource, "getrlimit", lambda _: (10, 10_000))
    monkeypatch.setattr(resource, "setrlimit", refuse)
    process.allow_sockets(1000)
