"""Which caption each picture of train/ is to have, of those that stand in the files; pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dset import texts
from dset.captions import laid_out
from dset.captions.entries import Entry
from dset.captions.facts import Facts
from dset.captions.places import TRAIN, UNCAPTIONED


@dataclass(frozen=True, slots=True)
class Choice:
    """`captions`: by picture, in image order. `again`: the pictures whose line in output.json is to be taken out."""

    captions: Mapping[str, str]
    again: Mapping[str, str]  # why


def choose(facts: Facts) -> Choice:
    """For each picture that stands, or may come back: the caption that a person wrote, else the model's.

    One that breaks the rules, or that a picture before it has, is none. A picture of which nothing is left is to be
    asked again where the model's caption was at fault.
    """
    captions: dict[str, str] = {}
    again: dict[str, str] = {}
    said: set[str] = set()
    for entry in facts.entries:
        if entry.folder not in {TRAIN, UNCAPTIONED}:
            continue
        faults = ""
        for caption in _candidates(facts, entry):
            same = texts.normal(caption)
            faults = "said of another picture" if same in said else "; ".join(facts.rules(caption))
            if not faults:
                captions[entry.name] = caption
                said.add(same)
                break
        if faults and entry.caption.strip():
            again[entry.name] = faults
    return Choice(captions, again)


def _candidates(facts: Facts, entry: Entry) -> Iterator[str]:
    """The captions that there are, what a person changed before what the model said."""
    asked = laid_out.plain(entry.caption)
    data = facts.training.texts.get(laid_out.txt_name(entry.name), b"")
    beside = "" if laid_out.txt_fault(data) else laid_out.plain(data.decode())
    found = [laid_out.plain(facts.training.caption(entry.name)), beside]
    yield from dict.fromkeys(caption for caption in found if caption and caption != asked)
    if asked:
        yield asked
