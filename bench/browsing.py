"""What it takes to look at large datasets: first reading, pages, searches, filters, pairs, and the memory of it all.

    python bench/browsing.py [--http] [ROWS …]

Makes two datasets of so many answers of about 1.5 KB in seven languages in a temporary folder, each size looked at by a
process of its own; with --http over HTTP, as a browser asks a `serve` process. Times are medians of five; the first of a
search is told by itself, as later ones are remembered.
"""

import gc
import itertools
import json
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

_WORDS = {
    "en": "the answer depends on how water moves through soil and rock, and on what grows there in spring",
    "th": "น้ำ ไหล ผ่าน ดิน และ หิน ใน ฤดู ใบไม้ผลิ คำตอบ ขึ้นอยู่ กับ สิ่ง ที่ เติบโต",
    "zh": "水 流过 土壤 和 岩石 答案 取决于 春天 那里 生长 什么 天气 很好 我们 去 公园 散步",
    "ar": "يعتمد الجواب على كيفية تحرك الماء عبر التربة والصخور وعلى ما ينمو هناك في الربيع",
    "de": "die Antwort hängt davon ab, wie Wasser durch Boden und Gestein fließt und was dort wächst",
    "ru": "ответ зависит от того, как вода движется через почву и камень и что там растёт весной",
    "ja": "答え は 水 が 土 と 岩 を どう 流れる か と 春 に 何 が 育つ か に よる",
}
_A_ROW = 1_500  # bytes


def lines(rows: int, seed: int) -> Iterator[bytes]:
    """A journal: a rare word in one answer of 10,000, labels in a column."""
    chance = random.Random(seed)
    pool = [(language, _text(chance, language)) for language in _WORDS for _ in range(300)]
    for n in range(rows):
        language, text = chance.choice(pool)
        rare = " Zyzzyva! " if n % 10_000 == 77 else " "
        about = {
            "id": f"{n * 2_654_435_761 % (1 << 80):020x}", "row": n + 2, "timestamp": _stamp(n), "question": f"Question number {n}?",
            "model": ("deepseek-flash", "deepseek-pro", "qwen-max")[n % 3], "endpoint": "deepseek/K/deepseek-flash", "run": "r1",
            "finish_reason": "stop", "prompt_tokens": 40, "cached_tokens": 0, "completion_tokens": chance.randrange(100, 900),
            "reasoning_tokens": 0, "cost_usd": round(chance.random() / 1000, 7), "seconds": round(chance.random() * 30, 2), "attempts": 1,
            "columns": {"topic": f"topic {n % 11}", "lang": language},
        }  # fmt: skip
        record = {"metadata": about, "response": {"reasoning": None, "answer": f"{n}{rare}{text}"}}
        yield json.dumps(record, ensure_ascii=False).encode() + b"\n"


def _text(chance: random.Random, language: str) -> str:
    words, joint = _WORDS[language].split(), "" if language in {"th", "zh", "ja"} else " "
    text = ""
    while len(text.encode()) < _A_ROW - 500:
        text += joint.join(chance.choices(words, k=12)).capitalize() + (
            "。" if language in {"zh", "ja"} else ". "
        )
    return text


def _stamp(n: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1_780_000_000 + n // 8))


def took(action: Callable[[], Any]) -> tuple[float, float]:
    """(seconds of the first call, median of five more)."""
    times = []
    for _ in range(6):
        began = time.perf_counter()
        action()
        times.append(time.perf_counter() - began)
    return times[0], statistics.median(times[1:])


def look(place: Path) -> None:
    """Everything in this process, each with its time."""
    from dset import answers
    from dset.browsing.index import Index
    from dset.browsing.pairs import Comparison, Pairs
    from dset.browsing.query import Query
    from dset.folders import Folder

    homes = [place / name for name in ("a.index", "b.index", "pairs")]
    for one in homes:
        one.mkdir()
    began, cpu = time.perf_counter(), time.process_time()
    with Index(Folder(place / "a"), homes[0]) as index:
        index.refresh(0.2)
        index.page(Query())
        tell("first page while it is read", time.perf_counter() - began)
        while not index.refresh(1.0):
            pass
        tell(
            "first reading",
            time.perf_counter() - began,
            f"{time.process_time() - cpu:.1f} s of CPU, {memory()}",
        )
        for name, query in _queries(Query):
            first, again = took(lambda query=query: index.page(query))  # type: ignore[misc]
            tell(f"{name} ({index.page(query)['total']:,})", again, f"the first time {first * 1000:,.0f} ms")
        tell("facets", took(index.facets)[1])
        tell(
            "one answer", took(lambda: index.entry(index.page(Query(offset=500, limit=1))["rows"][0]["n"]))[1]
        )
        tell("nothing new", took(index.refresh)[1])
        fresh = itertools.count(10**9)
        with (place / "a" / "output.json").open("ab", buffering=0) as stream:
            record = json.loads(next(lines(1, 5)))

            def added() -> None:
                record["metadata"]["id"] = f"{next(fresh):020x}"
                stream.write(answers.as_line(record))
                index.refresh()

            tell("one answer more", took(added)[1])
        print(f"  {memory()}, the index {size(homes[0]) / 1e6:,.0f} MB", flush=True)
        with Index(Folder(place / "b"), homes[1]) as other:
            other.refresh()
            with Pairs(index, other, homes[2]) as pairs:
                first, again = took(lambda: pairs.page(Comparison()))
                tell("two folders paired", first, f"a further page {again * 1000:,.1f} ms")
                first, again = took(lambda: pairs.page(Comparison(q="Water", only="different", offset=1000)))
                tell("pairs searched", again, f"the first time {first * 1000:,.0f} ms, {memory()}")


def look_over_http(place: Path) -> None:
    """Everything by a server's pages, each with its time."""
    import browsing_http

    browsing_http.look(place, _queries(browsing_http.Query), tell)


def _queries(query: Any) -> list[tuple[str, Any]]:
    return [
        ("opening page", query()),
        ("page far behind", query(offset=80_000)),
        ("rare word", query(q="zyzzyva")),
        ("word that is not there", query(q="xylophonist")),
        ("common word", query(q="WATER")),
        ("common word, by cost", query(q="water", sort="cost", order="desc")),
        ("Chinese word", query(q="公园")),
        ("Thai word", query(q="คำตอบ")),
        ("filter and sort", query(label="topic 3", model="qwen-max", sort="length", order="desc")),
        ("filter, search and sort", query(q="春天", label="topic 3", cost_from=0.0005, sort="seconds")),
        ("sort by cost", query(sort="cost", order="desc")),
        ("sort by id, far behind", query(sort="id", offset=50_000)),
    ]


def tell(what: str, seconds: float, more: str = "") -> None:
    shown = f"{seconds * 1000:10,.1f} ms" if seconds < 10 else f"{seconds:10,.1f} s "
    print(f"  {what:36}{shown}  {more}", flush=True)


def memory() -> str:
    gc.collect()
    return f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB"


def size(folder: Path) -> int:
    return sum(one.stat().st_size for one in folder.iterdir())


def main() -> None:
    if sys.argv[1:2] == ["--look"]:
        look(Path(sys.argv[2]))
        return
    if sys.argv[1:2] == ["--look-http"]:
        look_over_http(Path(sys.argv[2]))
        return
    how = "--look-http" if "--http" in sys.argv else "--look"
    for rows in [int(one) for one in sys.argv[1:] if one != "--http"] or [100_000, 1_000_000]:
        needed = rows * _A_ROW * 5
        if shutil.disk_usage(tempfile.gettempdir()).free < needed + (2 << 30):
            sys.exit(f"{tempfile.gettempdir()} has no room for {needed / 1e9:.0f} GB")
        with tempfile.TemporaryDirectory() as name:
            for seed, folder in enumerate((Path(name, "a"), Path(name, "b"))):
                folder.mkdir()
                with (folder / "output.json").open("wb") as stream:
                    stream.writelines(lines(rows, seed))
            print(f"{rows:,} answers, {size(Path(name, 'a')) / 1e6:,.0f} MB", flush=True)
            subprocess.run([sys.executable, __file__, how, name], check=True)


if __name__ == "__main__":
    main()
