"""Work for the processes of a pool: small, and quick to import."""

import os
import signal
import sys
from pathlib import Path
from typing import Any


def squared(number: int) -> int:
    return number * number


def whose(number: int) -> tuple[int, int]:
    """Also the process that did it."""
    return number, os.getpid()


def minus(number: int) -> int:
    return -number - 1


def deadly(number: int) -> int:
    """Some numbers end the process, each in another way."""
    if number % 7 == 3:
        os._exit(0)
    if number % 7 == 5:
        os.kill(os.getpid(), signal.SIGKILL if number % 2 else signal.SIGSEGV)
    return number * number


def unlucky(piece: tuple[str, int]) -> int:
    """The fifth is killed where it is begun for the first time; all begins and ends are written down."""
    log, number = Path(piece[0]), piece[1]
    note(log, f"begin {number}")
    if number == 5 and log.read_text().count("begin 5\n") == 1:
        os._exit(1)
    note(log, f"end {number}")
    return number


def note(log: Path, line: str) -> None:
    with log.open("a") as stream:
        stream.write(line + "\n")


class OddError(Exception):
    """It can be pickled, not read back."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(f"{one} and {other}")


def failing(number: int) -> int:
    if number == 6:
        raise OSError(28, "No space left on device", "/disk/file")
    if number == 16:
        raise OddError("one", "other")
    return number


def echoed(piece: bytes) -> bytes:
    return piece


def told(number: int) -> int:
    """Write this process's number to the output that it shares with its parent, then stay until it is killed."""
    os.write(1, f"{os.getpid()}\n".encode())
    if number % 2:
        signal.pause()
    return number


def limits(_: int) -> Any:
    """What a worker that prepares pictures may take."""
    import resource

    from dset.images import preparing

    preparing.prepare(preparing.Piece(Path("nothing"), Path("nothing"), None))
    return [
        resource.getrlimit(which)[0]
        for which in (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_CORE)
    ]


def main() -> None:
    """`python tests/pieces.py told`: a program whose workers stay at work until it is interrupted."""
    from dset.images import pool

    try:
        for _ in pool.each(range(1_000), told, 2, died=minus):
            pass
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    main()
