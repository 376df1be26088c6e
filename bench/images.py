"""Resizing pictures on all cores, by our pipeline and by plain Pillow. python bench/images.py [COUNT] [ROUNDS]

Ours reads, checks, hashes, scales, fingerprints and stores each picture durably (dset.images.preparing in dset.images.pool).
Plain is what one writes in ten lines: a multiprocessing.Pool whose processes open, turn upright, convert to RGB,
ImageOps.fit by LANCZOS and save at quality 95; no checks, no hash, no fsync. COUNT pictures of each kind (40), made
into 512 × 512; the two take turns, ROUNDS each (3), a process of its own each time. Told: pictures a second as medians with the ratio, and
the memory of all processes together (proportional share, Linux), at its highest in the second and in the last quarter of the time.
"""

import contextlib
import multiprocessing
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

KINDS = {
    "12 MP JPEG": ((4000, 3000), "JPEG", {"quality": 92}),
    "2 MP JPEG": ((1920, 1080), "JPEG", {"quality": 92}),
    "12 MP PNG": ((4000, 3000), "PNG", {"compress_level": 1}),
    "2 MP PNG": ((1920, 1080), "PNG", {"compress_level": 1}),
}
SIDE = 512
_DIFFERENT = 6  # pictures made for each kind, under many names


def make(folder: Path, count: int) -> None:
    """COUNT files of each kind; the same few pictures again and again cost the same as different ones."""
    from tests import pictures

    for kind, (size, form, options) in KINDS.items():
        place = folder / kind.replace(" ", "_")
        place.mkdir(parents=True)
        made = [
            pictures.data(pictures.photo(seed, size, shapes=60, noise=0.1), form, **options)
            for seed in range(min(count, _DIFFERENT))
        ]
        for number in range(count):
            (place / f"{number}.{form.lower()}").write_bytes(made[number % len(made)])


def plain(pair: tuple[str, str]) -> None:
    from PIL import Image, ImageOps

    with Image.open(pair[0]) as image:
        whole = ImageOps.exif_transpose(image).convert("RGB")
        ImageOps.fit(whole, (SIDE, SIDE), Image.Resampling.LANCZOS).save(pair[1], "JPEG", quality=95)


def by_plain(sources: list[Path], target: Path) -> None:
    pairs = [(str(source), str(target / f"{source.stem}.jpg")) for source in sources]
    with multiprocessing.Pool(os.cpu_count()) as pool:
        for _ in pool.imap(plain, pairs):
            pass


def by_ours(sources: list[Path], target: Path) -> None:
    from dset.images import pool, preparing
    from dset.images.fitting import Form

    form = Form((SIDE, SIDE), "crop", 95)
    pieces = (preparing.Piece(source, target / f"{source.stem}.part", form) for source in sources)
    for piece, made in pool.each(pieces, preparing.prepare, died=preparing.died):
        assert not made.fault, made.fault
        piece.target.rename(piece.target.with_suffix(".jpg"))


def once(who: str, source: Path, target: Path) -> None:
    """One round in this process; prints its seconds, start of the workers included."""
    sources = sorted(source.iterdir())
    started = time.perf_counter()
    (by_ours if who == "ours" else by_plain)(sources, target)
    print(time.perf_counter() - started)


def measured(who: str, source: Path) -> tuple[float, list[float]]:
    """Seconds of a round, and what its processes held in MB, several times a second."""
    with tempfile.TemporaryDirectory(dir=source.parent) as target:
        command = [sys.executable, __file__, "--once", who, str(source), target]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            held = []
            while process.poll() is None:
                held.append(memory(process.pid))
                time.sleep(0.1)
            assert process.stdout is not None
            assert process.returncode == 0
            return float(process.stdout.read()), held


def memory(parent: int) -> float:
    """MB of a process and of its children, what they share counted once; 0 where the system does not tell."""
    total = 0.0
    waiting = [parent]
    while waiting:
        number = waiting.pop()
        with contextlib.suppress(OSError):  # it has ended
            waiting += map(int, Path(f"/proc/{number}/task/{number}/children").read_text().split())
            lines = Path(f"/proc/{number}/smaps_rollup").read_text().splitlines()
            total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
    return total


def compare(folder: Path, count: int, rounds: int) -> None:
    print(f"{'':12} {'ours':>9} {'plain':>9} {'ratio':>6}   peak MB of ours, 2nd and 4th quarter; of plain")
    for kind in KINDS:
        source = folder / kind.replace(" ", "_")
        found: dict[str, list[Any]] = {"ours": [], "plain": []}
        for number in range(rounds):
            for who in ("ours", "plain") if number % 2 else ("plain", "ours"):
                found[who].append(measured(who, source))
        rate = {who: count / statistics.median(seconds for seconds, _ in them) for who, them in found.items()}
        held = found["ours"][-1][1]
        quarter = max(1, len(held) // 4)
        second, last = max(held[quarter : 2 * quarter] or [0]), max(held[-quarter:])
        theirs = max(found["plain"][-1][1])
        print(
            f"{kind:12} {rate['ours']:7.1f}/s {rate['plain']:7.1f}/s {rate['ours'] / rate['plain']:6.2f}   "
            f"{second:6.0f} {last:6.0f}; {theirs:6.0f}",
            flush=True,
        )


def main() -> None:
    if sys.argv[1:2] == ["--once"]:
        once(sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
        return
    count, rounds = [*map(int, sys.argv[1:]), *(40, 3)[len(sys.argv) - 1 :]]
    folder = Path(tempfile.mkdtemp())
    try:
        make(folder, count)
        compare(folder, count, rounds)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
