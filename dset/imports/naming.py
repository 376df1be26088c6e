"""Which column holds the questions, and under which names the others stand in a q.csv."""

import unicodedata
from collections.abc import Collection, Sequence

from dset.errors import UsageError
from dset.headers import USUAL

_SHOWN = 20  # columns that a message lists


def folded(name: str) -> str:
    """A heading as q.csv's are compared."""
    return unicodedata.normalize("NFC", name).strip().strip("\ufeff\u200b").strip().casefold()


def question_among(columns: Sequence[str], wanted: str, file: str) -> int:
    """The place of the column that holds the questions: `wanted`, else question, else another usual name, else the only one.

    -1 where rows are conversations (a column messages) and nothing names a question. Raises UsageError that lists
    the columns.
    """
    names = [folded(name) for name in columns]
    if wanted:
        places = [at for at, name in enumerate(columns) if name.strip() == wanted.strip()]
        places = places or [at for at, name in enumerate(names) if name == folded(wanted)]
    else:
        places = [at for at, name in enumerate(names) if name == "question"]
        places = places or [at for at, name in enumerate(names) if name in USUAL]
        if not places and "messages" in names:
            return -1
        if not places and len(names) == 1:
            return 0
    if len(places) == 1:
        return places[0]
    listed = ", ".join(columns[:_SHOWN]) + (", …" if len(columns) > _SHOWN else "") or "none"
    if wanted:
        how = "no column is" if not places else f"{len(places)} columns are"
        raise UsageError(f"{file}: {how} called {wanted!r}; its columns: {listed}")
    raise UsageError(f"{file}: name the column that holds the questions by --column; its columns: {listed}")


def free(names: Sequence[str], reserved: Collection[str], taken: Collection[str] = ()) -> tuple[str, ...]:
    """Names for these columns that differ from those `taken` and from each other.

    What q.csv has a meaning for (`reserved`, in any case) and what is taken gets q_ before it; a second `note`
    becomes note_2, a column without a name column_4.
    """
    used, found = set(taken), []
    for place, wanted in enumerate(names, 1):
        name = wanted.strip() or f"column_{place}"
        while folded(name) in reserved or name in taken:
            name = "q_" + name
        base, count = name, 1
        while name in used:
            count += 1
            name = f"{base}_{count}"
        used.add(name)
        found.append(name)
    return tuple(found)
