"""The offline endpoint as a process of its own, for benchmarks and kill tests: python bench/server.py --help."""

import argparse
import os
import signal
import stat
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from dset.rehearsal import canned
from dset.rehearsal.server import Server


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM, Ctrl-C or the end of a piped stdin; the base URL is the one line written."""
    parser = argparse.ArgumentParser(prog="python bench/server.py", description=main.__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any that is free")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds of thinking for each answer")
    parser.add_argument("--script", choices=("calm", "outage"), default="calm")
    parser.add_argument("--after", type=int, default=10, help="answers before the outage")
    options = parser.parse_args(argv)
    script = canned.calm() if options.script == "calm" else canned.outage(options.after)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    end_with_stdin(stop.set)
    allow_many_sockets()
    with Server(script, port=options.port, latency=options.latency, keep_bodies=False) as server:
        print(server.base_url, flush=True)
        while not stop.wait(0.2):  # in slices: Windows hears no Ctrl-C during a wait without end
            pass
    return 0


def allow_many_sockets() -> None:
    """Raise the soft limit of open files, often 256 or 1,024, to what thousands of connections need."""
    if sys.platform != "win32":
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = 10_000 if hard == resource.RLIM_INFINITY else min(10_000, hard)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def end_with_stdin(stop: Callable[[], None]) -> None:
    """Watch stdin where it is a pipe: its end means that whoever started this process has gone."""

    def watch() -> None:
        while os.read(0, 4096):  # not sys.stdin: its lock, held by this thread, would abort the exit
            pass
        stop()

    try:
        mode = os.fstat(0).st_mode
    except OSError:  # started without a stdin
        return
    if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
        threading.Thread(target=watch, daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
