"""What keeps a caption dataset from being fit for training, and what to do about each; pure."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from dset import texts
from dset.captions import laid_out
from dset.captions.entries import Entry
from dset.captions.facts import Facts
from dset.captions.places import TRAIN

FIX = "`--fix` {}"
AGAIN = "run the same `caption` command again"


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of thing that was found. `cases`: each place, as a rule a file, with what is to be said of it."""

    what: str
    cases: tuple[str, ...]
    advice: str
    is_fault: bool = True


Found = Iterator[Finding]


def faults(facts: Facts) -> list[Finding]:
    """What is to be mended before a training, the gravest first."""
    kinds: tuple[Callable[[Facts], Found], ...] = (
        _nothing,
        _pictures,
        _metadata,
        _captionless,
        _pictureless,
        _rules,
        _said_twice,
        _twins,
        _texts,
        _foreign,
    )
    return [finding for kind in kinds for finding in kind(facts)]


def finding(what: str, cases: Iterable[str], advice: str, *, is_fault: bool = True) -> Found:
    """The finding where there is any case of it; `what` as in `worded`."""
    found = tuple(cases)
    if found:
        yield Finding(worded(what, len(found)), found, advice, is_fault)


def worded(what: str, number: int) -> str:
    """`what` with the number for {}, and of words joined by | the one that fits it."""
    words = [word.split("|")[-1 if number != 1 else 0] for word in what.split(" ")]
    return " ".join(words).format(f"{number:,}")


def of_train(name: str, more: str = "") -> str:
    """A file of train/ as a case."""
    return f"train/{name}" + (f" {more}" if more else "")


def _nothing(facts: Facts) -> Found:
    if not facts.training.pictures:
        yield Finding("train/ has no picture of this dataset", (), AGAIN)


def _pictures(facts: Facts) -> Found:
    faulty = ((name, facts.fault_of(name)) for name in facts.training.pictures)
    cases = (of_train(name, fault) for name, fault in faulty if fault)
    advice = FIX.format("makes each anew from its source, or moves it to aside/")
    yield from finding("{} picture|pictures cannot be used", cases, advice)


def _metadata(facts: Facts) -> Found:
    train, advice = facts.training, FIX.format("writes it anew and keeps the old one")
    if train.metadata is None and train.pictures:
        yield Finding("train/metadata.jsonl is missing", (), FIX.format("writes it"))
    cases = (f"line {number} {what}" for number, what in train.damaged)
    yield from finding("{} line|lines of metadata.jsonl cannot be read", cases, advice)
    lines = train.metadata.lines if train.metadata else ()
    several = (of_train(name) for name, number in Counter(line.name for line in lines).items() if number > 1)
    yield from finding("{} picture|pictures with more than one line in metadata.jsonl", several, advice)


def _captionless(facts: Facts) -> Found:
    """Pictures of train/ that no line of metadata.jsonl is about, by why there is none."""
    bare = [entry for entry in standing(facts) if not facts.training.caption(entry.name)]
    if facts.training.metadata is None:
        bare = [entry for entry in bare if entry.state != "captioned"]  # told already
    aside = FIX.format("moves each to {}/")
    for state, what, advice in (
        (
            "captioned",
            "has|have a caption in output.json and none in metadata.jsonl",
            FIX.format("adds each"),
        ),
        ("waiting", "waits|wait for a caption", f"{AGAIN}, or {aside.format('uncaptioned')}"),
        ("failed", "got|got no caption", f"{AGAIN} (with --retry-failed), or {aside.format('uncaptioned')}"),
        ("blocked", "was|were blocked by the service", aside.format("blocked")),
    ):
        cases = (_why(entry) for entry in bare if entry.state == state)
        yield from finding(f"{{}} picture|pictures {what}", cases, advice)


def _why(entry: Entry) -> str:
    return of_train(entry.name, f"({entry.reason})" if entry.reason else "")


def standing(facts: Facts) -> list[Entry]:
    """The entries whose pictures are in train/, in image order."""
    return [entry for entry in facts.entries if entry.folder == TRAIN]


def _pictureless(facts: Facts) -> Found:
    there = set(facts.training.pictures)
    cases = (name for name in facts.training.lines if name not in there)
    advice = FIX.format("takes each out and keeps the old file")
    yield from finding("{} caption|captions of metadata.jsonl without a picture in train/", cases, advice)


def captions(facts: Facts) -> dict[str, str]:
    """The caption of each picture of train/ that metadata.jsonl has one of, in image order."""
    named = ((name, facts.training.caption(name)) for name in facts.training.pictures)
    return {name: caption for name, caption in named if caption}


def _rules(facts: Facts) -> Found:
    broken = ((name, facts.rules(caption)) for name, caption in captions(facts).items())
    cases = (of_train(name, "; ".join(faults)) for name, faults in broken if faults)
    advice = f"{FIX.format('takes each out')}, then {AGAIN}; or correct each in output.json, then `--fix`"
    yield from finding("{} caption|captions against the rules", cases, advice)


def firsts(named: Mapping[str, str]) -> dict[str, str]:
    """For each name whose value came before: the name that had it first."""
    first: dict[str, str] = {}
    return {name: first[value] for name, value in named.items() if first.setdefault(value, name) != name}


def _said_twice(facts: Facts) -> Found:
    repeats = firsts({name: texts.normal(caption) for name, caption in captions(facts).items()})
    cases = (of_train(name, f"as {first}") for name, first in repeats.items())
    advice = f"{FIX.format('takes out each later one')}, then {AGAIN}"
    yield from finding("{} caption|captions said before, of another picture", cases, advice)


def twins(facts: Facts) -> dict[str, str]:
    """For each picture whose bytes came before: the picture that had them first."""
    looks = ((name, facts.looks[name].digest) for name in facts.training.pictures)
    return firsts({name: digest for name, digest in looks if digest})


def _twins(facts: Facts) -> Found:
    cases = (of_train(name, f"as {first}") for name, first in twins(facts).items())
    advice = FIX.format("moves each later one to filtered/")
    yield from finding("{} picture|pictures that another one is byte for byte", cases, advice)


def _texts(facts: Facts) -> Found:
    """The .txt files for kohya: none, or one beside each picture."""
    train = facts.training
    mends = FIX.format("writes each anew")
    orphans = (of_train(name) for name in train.orphans)
    yield from finding("{} .txt beside no picture", orphans, FIX.format("moves each to aside/"))
    if not train.has_texts:
        return
    beside = {name: train.texts.get(laid_out.txt_name(name)) for name in train.pictures}
    missing = (of_train(name) for name, data in beside.items() if data is None and train.caption(name))
    yield from finding("{} picture|pictures without a .txt, where others have one", missing, mends)
    held = {name: data for name, data in beside.items() if data is not None}
    bad = {name: fault for name, data in held.items() if (fault := laid_out.txt_fault(data))}
    cases = (of_train(laid_out.txt_name(name), fault) for name, fault in bad.items())
    yield from finding("{} .txt that kohya reads wrongly or not at all", cases, mends)
    sound = {name: data for name, data in held.items() if name not in bad and train.caption(name)}
    other = (
        of_train(laid_out.txt_name(name))
        for name, data in sound.items()
        if data.decode().strip() != laid_out.plain(train.caption(name))
    )
    yield from finding("{} .txt that is|are not what metadata.jsonl says", other, mends)


def _foreign(facts: Facts) -> Found:
    cases = map(of_train, facts.training.foreign)
    what = "{} file|files in train/ that images.jsonl does not know, and loaders would take"
    yield from finding(what, cases, FIX.format("moves each to aside/"))
