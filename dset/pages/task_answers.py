"""The answers of the task API, as its OpenAPI describes them."""

from dataclasses import dataclass
from typing import Literal

from dset.pages import refusals
from dset.pages.refusals import declared


@dataclass(frozen=True)
class Entry:
    """One task in the list."""

    name: str
    description: str
    is_own: bool  # it stands in the user's tasks.json, though one of this name may come with the program
    is_usable: bool
    kind: Literal["text", "image", ""]  # what its records are about; "" where that cannot be told
    language: str  # in which records are written unless another is asked for
    languages: list[str]  # of its examples
    label: str  # the field that a record is sorted by; "" for none
    faults: list[str]  # why it cannot be used
    notes: list[str]  # what is left out of it
    url: str | None  # of the task itself; null where its name fits into none


@dataclass(frozen=True)
class Listing:
    """The tasks that come with the program, then those that tasks.json adds."""

    tasks: list[Entry]


@dataclass(frozen=True)
class Stored:
    """A task that stands in tasks.json now."""

    name: str
    url: str
    goes_before_built_in: bool  # a task of this name comes with the program, and is not used meanwhile
    notes: list[str]  # what is left out of it, or worth knowing


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a record."""

    path: str  # of the field, as in choices[0].text; "" for the record itself
    message: str


@dataclass(frozen=True)
class Checked:
    """What the gate of a run says of a record; whether it repeats another one is not looked at."""

    valid: bool
    task: str
    lang: str  # the language that its texts must be in
    errors: list[Fault]


EVERYWHERE = refusals.EVERYWHERE | declared(
    s409="tasks.json cannot be read, or the task in it cannot be used: detail and faults say what to mend.",
    s503="A package, the disk or the file's lock is in the way; detail says what to do.",
)
CHANGING = declared(s401="The header X-Dset-Token is missing or wrong.")
NO_TASK = declared(s404="There is no task of this name; detail names what is near.")
