"""Several sources become one dataset: do their fields agree, and which entries do they share?"""

from array import array
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from itertools import combinations

from dset.errors import UsageError
from dset.exports import shapes
from dset.exports.origins import Origin
from dset.exports.shapes import Shape
from dset.exports.spool import Spool, hashed

_WORDS = {
    "bool": "true or false",
    "number": "a number",
    "text": "text",
    "list": "a list",
    "object": "an object",
}
Tell = Callable[[str], None]


def check_schemas(origins: Sequence[Origin]) -> None:
    """Raises UsageError where two tasks' schemas give a field different kinds."""
    known = [(origin, shapes.from_schema(origin.schema)) for origin in origins if origin.schema]
    for (one, first), (other, second) in combinations(known, 2):
        for name, is_, is_there in _conflicts(first, second):
            raise UsageError(
                f"the tasks do not fit together: {name!r} is {is_} in {one.path.parent}, {is_there} in {other.path.parent}"
            )


def tell_conflicts(found: Sequence[tuple[Origin, Shape]], tell: Tell) -> None:
    """Say which fields hold different kinds in different sources, and what becomes of them."""
    told: set[str] = set()
    for (one, first), (other, second) in combinations(found, 2):
        for name, is_, is_there in _conflicts(first, second):
            if name not in told:
                told.add(name)
                tell(
                    f"{name!r} is {is_} in {one.path}, {is_there} in {other.path}: "
                    "Parquet and Arrow hold it as JSON text"
                )


def _conflicts(first: Shape, second: Shape) -> Iterator[tuple[str, str, str]]:
    """(field, what it is, what it is there) where no value of the one could be a value of the other."""
    for name in first.fields.keys() & second.fields.keys():
        one, other = _kinds(first.fields[name]), _kinds(second.fields[name])
        if one and other and not one & other:
            yield name, " or ".join(sorted(one)), " or ".join(sorted(other))


def _kinds(shape: Shape) -> set[str]:
    return {_WORDS["number" if kind in {"int", "float"} else kind] for kind in shape.kinds - {"map"}}


def settle_ids(spool: Spool) -> tuple[int, int]:
    """Entries with the same id: equal ones are kept once, others get -2, -3 …; returns (dropped, renamed)."""
    taken = set(_repeated(spool))
    if not taken:
        return 0, 0
    all_ids, kept, renamed = set(spool.ids), array("I"), 0
    met: set[int] = set()
    contents: set[bytes] = set()
    for number in spool.order:
        id_ = spool.ids[number]
        if id_ in taken:
            content = blake2b(spool.line(number), digest_size=16).digest()
            if content in contents:
                continue
            contents.add(content)
            if id_ in met:
                _rename(spool, number, all_ids)
                renamed += 1
            met.add(id_)
        kept.append(number)
    dropped = len(spool.order) - len(kept)
    spool.keep(kept)
    return dropped, renamed


def _repeated(spool: Spool) -> Iterator[int]:
    """Hashes of ids that more than one entry has."""
    last = 0
    for id_ in sorted(spool.ids):
        if id_ and id_ == last:
            yield id_
        last = id_


def _rename(spool: Spool, number: int, taken: set[int]) -> None:
    entry, count = spool.entry(number), 2
    while hashed(f"{entry['id']}-{count}") in taken:
        count += 1
    entry["id"] = f"{entry['id']}-{count}"
    taken.add(hashed(entry["id"]))
    spool.replace(number, entry)
