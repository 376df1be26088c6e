"""Peak memory of a run whose rows have pictures, many in flight. python bench/pictures_in_flight.py --help

The service counts the bytes of each request and throws them away; it answers after a second. All rows have the same
picture of noise, which packs as badly as a picture can.
"""

import argparse
import asyncio
import io
import os
import queue
import re
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import cast

BENCH = Path(__file__).resolve().parent
sys.path.insert(0, str(BENCH))

import quick

OURS = BENCH.parent / "dset_generator.py"
_SIDES = {30.0: (3_760, 2_500), 3.0: (1_190, 790), 0.06: (168, 112)}  # of a noisy JPEG of so many MB, about
_HIDDEN = "import sys, runpy; sys.modules['PIL'] = None; sys.argv = sys.argv[1:]; sys.path.insert(0, {!r}); "
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class Connection(asyncio.Protocol):
    """Answers each request a second after its last byte."""

    largest = served = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._head, self._left = b"", 0

    def data_received(self, data: bytes) -> None:
        if not self._left:
            self._head += data
            end = self._head.find(b"\r\n\r\n") + 4
            if end < 4:
                return
            found = _LENGTH.search(self._head[:end])
            size = int(found[1]) if found else 0
            Connection.largest = max(Connection.largest, size)
            self._left, data, self._head = size, self._head[end:], b""
        self._left -= len(data)
        if not self._left:
            Connection.served += 1
            asyncio.get_running_loop().call_later(1.0, self._transport.write, quick.answer(200))


def serve(told: queue.Queue[str]) -> None:
    """Serve for ever; `told` gets the base URL."""

    async def listen() -> None:
        listener = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", 0, backlog=1024)
        told.put(f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}")
        await listener.serve_forever()

    asyncio.run(listen())


def picture(size: float) -> bytes:
    """A JPEG of noise."""
    from PIL import Image

    sides = _SIDES[size]
    stream = io.BytesIO()
    noise = Image.frombytes("RGB", sides, os.urandom(sides[0] * sides[1] * 3))
    noise.save(stream, "JPEG", quality=98, subsampling=0)
    return stream.getvalue()


def measure(folder: Path, url: str, size: float, options: argparse.Namespace) -> str:
    """One run, in words."""
    data = picture(size)
    (folder / "a.jpg").write_bytes(data)
    lines = [f"What is in it ({number})?,,a.jpg\n" for number in range(options.rows)]
    (folder / "q.csv").write_text("question,status,image\n" + "".join(lines), encoding="utf-8")
    hidden = [
        "-c",
        _HIDDEN.format(str(OURS.parent)) + f"runpy.run_path({str(OURS)!r}, run_name='__main__')",
        "x",
    ]
    command = [sys.executable, *(hidden if options.without_pillow else [str(OURS)]), "--base-url", url]
    command += ["--concurrency", str(options.concurrency), "--views", "none", "--output", f"out-{size}"]
    began = time.monotonic()
    Connection.largest = Connection.served = 0
    ran = subprocess.Popen([*command, "--quiet"], cwd=folder, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(ran.pid, 0)
    seconds = time.monotonic() - began
    return (
        f"{len(data) / 1e6:5.2f} MB: peak {usage.ru_maxrss / 1024:,.0f} MB, {options.rows / seconds:.1f} rows/s, "
        f"{Connection.served:,} requests, the largest {Connection.largest / 2**20:.2f} MiB, exit {os.waitstatus_to_exitcode(status)}"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Peak memory of runs with pictures of 30 MB, 3 MB and 60 KB."""
    parser = argparse.ArgumentParser(prog="python bench/pictures_in_flight.py", description=main.__doc__)
    parser.add_argument("--rows", type=int, default=2_000)
    parser.add_argument("--concurrency", type=int, default=256)
    parser.add_argument("--sizes", type=float, nargs="+", default=sorted(_SIDES, reverse=True), help="in MB")
    parser.add_argument("--without-pillow", action="store_true", help="they go as they are")
    options = parser.parse_args(argv)
    told: queue.Queue[str] = queue.Queue()
    threading.Thread(target=serve, args=(told,), daemon=True).start()
    url = told.get()
    for size in options.sizes:
        with tempfile.TemporaryDirectory() as folder:
            print(measure(Path(folder), url, size, options), flush=True)
    return 0


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    sys.exit(main())
