"""What the process is to the operating system: signals, the limit of open files, its turn among others."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from types import FrameType


@contextlib.contextmanager
def signals(received: Callable[[int], None]) -> Iterator[None]:
    """Within it, Ctrl-C, SIGTERM and a closed terminal call `received` in the running event loop."""
    loop = asyncio.get_running_loop()

    def handle(number: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(received, number)

    names = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")  # the last: Windows' close box and Ctrl-Break
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    old = {}
    for number in numbers:
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup asks not to hear of it
            old[number] = signal.signal(number, handle)
    try:
        yield
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)


def is_closed_terminal(number: int) -> bool:
    """The signal says that nobody is there any more: no waiting for what is in flight."""
    return number in {getattr(signal, "SIGHUP", -1), getattr(signal, "SIGBREAK", -1)}


_OTHER_FILES = 128  # what a run has open beside its connections, and room to spare


def allow_sockets(count: int) -> int:
    """Raise the limit of open files, often 256 or 1,024, to what `count` connections need; how many it allows."""
    if sys.platform != "win32":
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = count + _OTHER_FILES
        if hard != resource.RLIM_INFINITY:
            wanted = min(wanted, hard)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            with contextlib.suppress(OSError, ValueError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft != resource.RLIM_INFINITY:
            return max(1, min(count, soft - _OTHER_FILES))
    return count


_NICENESS = 10  # of 19: a tenth of what others get where all want the same core, and no less where nobody else wants it


def give_way() -> None:
    """Others go before this process from here on; on Windows nothing changes, and on Linux nothing for threads there are."""
    if hasattr(os, "nice"):
        with contextlib.suppress(OSError):
            os.nice(_NICENESS)
