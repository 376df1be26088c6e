"""The rehearsal: invented answers, the same for the same question, and marked as invented.

`python -m dset.rehearsal.server` is the rehearsal as a process of its own, for benchmarks and kill tests.
"""

import argparse
import hashlib
import json
import os
import signal
import stat
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace

from dset.rehearsal import faults
from dset.rehearsal.server import Behaviour, Request, Script, Server

_MARK = "[rehearsal]"
_SHOWN = 500  # characters of the question that its answer repeats
_CACHE_BLOCK = 64  # tokens: DeepSeek's prompt cache counts in blocks of them


def answer(request: Request) -> Behaviour:
    """The invented answer: it says so, repeats the question, and has a plausible bill.

    JSON where the request asks for JSON; no reasoning where it switches thinking off.
    """
    text = request.text
    shown = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
    said = f"{_MARK} No model was asked. Your question was: {shown}"
    if _asks_for_json(request):
        said = json.dumps({"rehearsal": said}, ensure_ascii=False)
    reasoning = f"{_MARK} A model that thinks aloud would do so here." if _thinks(request) else None
    asked, spent = _tokens(text), _tokens(said)
    thought = 20 + hashlib.sha256(text.encode("utf-8", "replace")).digest()[0] if reasoning else 0
    return faults.ok(
        said,
        reasoning,
        model=str(request.body.get("model", "rehearsal")),
        prompt_tokens=asked,
        cached_tokens=asked // 2 // _CACHE_BLOCK * _CACHE_BLOCK,
        completion_tokens=spent + thought,
        reasoning_tokens=thought,
    )


def calm(latency: float = 0.0) -> Script:
    """Every question is answered, after `latency` seconds."""
    return faults.slow(latency, answer)


def outage(after: int, latency: float = 0.0) -> Script:
    """A service that goes down for good once `after` questions are answered; a re-run finds it down still.

    From then on it drops connections and says that it is overloaded, in turn. Before that the second question
    to arrive is told once to come back in a second, which is no outage.
    """
    down = [faults.dropped(), faults.overloaded(), faults.dropped_after_headers()]
    told = iter([faults.retry_after(1)])
    answered = failed = 0

    def script(request: Request) -> Behaviour:
        nonlocal answered, failed
        if answered >= after:
            failed += 1
            return down[failed % len(down)]
        if answered == 1 and (pace := next(told, None)):
            return pace
        answered += 1
        return replace(answer(request), delay=latency)

    return script


def _thinks(request: Request) -> bool:
    thinking = request.body.get("thinking")
    return not (isinstance(thinking, dict) and thinking.get("type") == "disabled")


def _asks_for_json(request: Request) -> bool:
    wanted = request.body.get("response_format")
    return isinstance(wanted, dict) and str(wanted.get("type", "")).startswith("json")


def _tokens(text: str) -> int:
    """About what a tokeniser would count: four bytes each."""
    return 1 + len(text.encode("utf-8", "replace")) // 4


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM, Ctrl-C or the end of a piped stdin; the base URL is the one line written."""
    parser = argparse.ArgumentParser(prog="python -m dset.rehearsal.server", description=main.__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any that is free")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds of thinking for each answer")
    parser.add_argument("--script", choices=("calm", "outage"), default="calm")
    parser.add_argument("--after", type=int, default=10, help="answers before the outage")
    options = parser.parse_args(argv)
    script = calm() if options.script == "calm" else outage(options.after)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    _stop_with_stdin(stop)
    _allow_many_sockets()
    with Server(script, port=options.port, latency=options.latency, keep_bodies=False) as server:
        sys.stdout.write(server.base_url + "\n")
        sys.stdout.flush()
        while not stop.wait(0.2):  # in slices: Windows hears no Ctrl-C during a wait without end
            pass
    return 0


def _allow_many_sockets() -> None:
    """Raise the soft limit of open files, often 256 or 1,024, to what thousands of connections need."""
    if sys.platform != "win32":
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = 10_000 if hard == resource.RLIM_INFINITY else min(10_000, hard)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _stop_with_stdin(stop: threading.Event) -> None:
    """Watch stdin where it is a pipe: its end means that whoever started this process has gone."""

    def watch() -> None:
        while os.read(0, 4096):  # not sys.stdin: its lock, held by this thread, would abort the exit
            pass
        stop.set()

    try:
        mode = os.fstat(0).st_mode
    except OSError:  # started without a stdin
        return
    if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
        threading.Thread(target=watch, daemon=True).start()
