"""Train, validation and test: stratified, the same for the same entries and seed, near-duplicates on one side.

The order of the sources does not matter: entries are taken in the order of their content's hash.
"""

import json
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import Any

from dset.exports.entries import Entry
from dset.exports.gather import Gathered
from dset.exports.spool import Spool, hashed

_Numbers = Sequence[int]


def split(found: Gathered, shares: Sequence[int], seed: int, near: float) -> list[Sequence[int]]:
    """The entries of each part, by their numbers in the spool, in the order of export.

    `shares` are percentages. A part's count is off its share only where whole groups of near-duplicates ask for it.
    """
    from dset import duplicates

    spool = found.spool
    keys = array("Q", (hashed(_content(spool.entry(number))) for number in spool.order))
    ranked = [spool.order[at] for at in sorted(range(len(keys)), key=keys.__getitem__)]
    labels = Labels(found.label)
    first = duplicates.clusters(_texts(spool, ranked, _unique(found), labels), near)
    groups = Groups(first, labels.ranks(), [_shuffled(key, seed) for key in sorted(keys)])
    part_of = assign(groups, shares)
    where = bytearray(len(spool.offsets))
    for at, number in enumerate(ranked):
        where[number] = part_of[first[at]]
    return [
        array("I", (number for number in spool.order if where[number] == part)) for part in range(len(shares))
    ]


def _content(entry: Entry) -> Entry:
    """What the entry says, without what it is called and how it came."""
    return {name: value for name, value in entry.items() if name not in {"id", "metadata"}}


def _unique(found: Gathered) -> tuple[str, ...]:
    """The fields by which the tasks say that records are alike; () where they differ or say nothing."""
    said = {origin.unique for origin in found.origins}
    return said.pop() if len(said) == 1 else ()


def _text(entry: Entry, fields: tuple[str, ...]) -> str:
    """The text by which an entry is compared: of a plain run the question, since several answers may stand to it."""
    from dset import texts

    content = _content(entry)
    if entry.get("image"):
        return f"{hashed(entry['image']):x}"  # pictures with the same question are not alike
    if not fields and "question" in entry and "final_answer" in entry:
        fields = ("messages",) if entry.get("messages") else ("question",)
    return texts.text_of(content, fields) or json.dumps(content, sort_keys=True)


def _texts(spool: Spool, ranked: _Numbers, fields: tuple[str, ...], labels: "Labels") -> Iterator[str]:
    """The text of each entry; its label is taken on the way, so that it is read once."""
    for number in ranked:
        entry = spool.entry(number)
        labels.take(entry)
        yield _text(entry, fields)


class Labels:
    """The label of each entry, as a number."""

    def __init__(self, field: str) -> None:
        self._field = field
        self._known: dict[str, int] = {}
        self._met = array("I")

    def take(self, entry: Entry) -> None:
        """Note the next entry's label; all are one where the entries have none."""
        value: Any = entry.get(self._field) if self._field else ""
        name = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
        self._met.append(self._known.setdefault(name, len(self._known)))

    def ranks(self) -> _Numbers:
        """By entry the place of its label in the alphabetical order of labels."""
        order = {self._known[name]: at for at, name in enumerate(sorted(self._known))}
        return array("I", (order[number] for number in self._met))


def _shuffled(key: int, seed: int) -> int:
    return int.from_bytes(blake2b(f"{seed}/{key}".encode(), digest_size=8).digest())


class Groups:
    """Entries that must stay together: each is known by its first member, and has that member's label and key."""

    def __init__(self, first: _Numbers, labels: _Numbers, keys: _Numbers) -> None:
        self.sizes = Counter(first)
        self.label = labels
        self.heads = sorted(self.sizes, key=lambda head: (labels[head], keys[head]))
        self.total = len(first)


def assign(groups: Groups, shares: Sequence[int]) -> dict[int, int]:
    """The part of each group by its head.

    Through the groups, label by label, each goes to the part that lacks most: so every run of them, and with that
    every label, is divided as the whole is. What whole groups have pushed over the count is put right at the end.
    """
    part_of: dict[int, int] = {}
    counts, seen = [0] * len(shares), 0
    for head in groups.heads:
        size = groups.sizes[head]
        seen += size
        lacks = [share * seen - 100 * count for share, count in zip(shares, counts, strict=True)]
        part = lacks.index(max(lacks))
        part_of[head] = part
        counts[part] += size
    _level(groups, part_of, _targets(groups.total, shares), counts)
    return part_of


def _targets(total: int, shares: Sequence[int]) -> list[int]:
    """Whole numbers nearest to the shares that add up to `total`: by largest remainder."""
    targets = [total * share // 100 for share in shares]
    by_rest = sorted(range(len(shares)), key=lambda part: -(total * shares[part] % 100))
    for part in by_rest[: total - sum(targets)]:
        targets[part] += 1
    return targets


def _level(groups: Groups, part_of: dict[int, int], targets: list[int], counts: list[int]) -> None:
    """Move groups from parts that have too many to parts that have too few, as far as whole groups allow."""
    for head in _movable(groups, part_of, targets, counts):
        here, size = part_of[head], groups.sizes[head]
        lacks = [target - count for target, count in zip(targets, counts, strict=True)]
        there = lacks.index(max(lacks))
        if -lacks[here] >= size <= lacks[there]:
            part_of[head] = there
            counts[here] -= size
            counts[there] += size


def _movable(groups: Groups, part_of: dict[int, int], targets: list[int], counts: list[int]) -> Iterator[int]:
    """Groups of the parts that have too many; first those whose label has most too many there."""
    over = {part for part, count in enumerate(counts) if count > targets[part]}
    heads = [head for head in groups.heads if part_of[head] in over]
    if not heads:
        return iter(())
    have: Counter[tuple[int, int]] = Counter()
    whole: Counter[int] = Counter()
    for head in groups.heads:
        have[groups.label[head], part_of[head]] += groups.sizes[head]
        whole[groups.label[head]] += groups.sizes[head]

    def surplus(head: int) -> float:
        label, part = groups.label[head], part_of[head]
        return have[label, part] - whole[label] * targets[part] / groups.total

    return iter(sorted(heads, key=lambda head: (groups.sizes[head] == 1, -surplus(head))))
