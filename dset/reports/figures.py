"""What a report knows of a dataset: plain figures, without a word of how they are told. Texts stand as they came."""

from dataclasses import dataclass

Counts = tuple[tuple[str, int], ...]  # value and how often


@dataclass(frozen=True, slots=True)
class Classes:
    """How often each value of something stands that has few of them."""

    name: str
    role: str  # label, parameter; column, field, answer: of data that names no label
    counts: Counts  # of a task: in the task's order, those that never came too; else most frequent first
    missing: int = 0  # records without a value
    is_fixed: bool = False  # the plan asks for one value only
    is_cut: bool = False  # it has more values than are counted


@dataclass(frozen=True, slots=True)
class Lengths:
    """Lengths of the texts in one field, in characters (Unicode code points); the quantiles are lengths that occur."""

    name: str  # dotted path, [] for the elements of a list; for plain answers question, thoughts, answer
    texts: int
    least: int
    median: int
    ninety: int  # nine in ten are not longer
    most: int


@dataclass(frozen=True, slots=True)
class Languages:
    """Which languages the texts are in, of those that were looked at: all, or every n-th record of many."""

    texts: int
    counts: Counts  # by code, '' where it is not known; most frequent first


@dataclass(frozen=True, slots=True)
class Group:
    """Records that are alike. `text`: the first one's first 200 characters."""

    records: int
    texts: int  # different ones after normalisation: 1 where all are the same
    rows: tuple[int, ...]  # of the first of them, as a spreadsheet counts
    text: str


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Records beyond the first of their group: a dataset without duplicates would lack just these.

    `near_groups` and `nearly` speak of groups in which texts differ; each of those is like another one, not like all.
    """

    compared: int
    same_groups: int
    same: int
    near: float  # likeness from which on texts count as near
    near_groups: int | None  # None: they were not looked for
    nearly: int | None
    why_not: str  # near ones were not looked for, or none at all
    largest: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """One kind of fault. `text` has `...` where the faults differ; `example` is the first of them as it stands."""

    text: str
    count: int
    row: int  # of the first one, 0 where it is not known
    example: str


@dataclass(frozen=True, slots=True)
class Rejections:
    """What came to nothing: a line of rejected.json each, and each lost record of an answer that held several."""

    kinds: Counts
    reasons: tuple[Reason, ...]  # most frequent first; an answer with three faults counts in three of them
    others: int  # faults that are in none of them
    damaged: int  # lines that cannot be read


@dataclass(frozen=True, slots=True)
class Spent:
    """Tokens and USD of all that was paid for, the rejected included; what was not told counts as nothing."""

    prompt: int
    cached: int  # of prompt
    completion: int
    reasoning: int  # of completion
    untold: int  # answers whose tokens the service did not tell
    usd: float
    usd_rejected: float  # of usd
    unknown: int  # answers whose cost nobody knows
    maybe_usd: float  # besides: requests whose outcome or cost nobody knows, at their worst


@dataclass(frozen=True, slots=True)
class Figures:
    """All of it."""

    folder: str
    task: str  # '' for a plain run
    lang: str
    wanted: int  # records that the plan asks for; 0 for a plain run
    answers: int
    records: int
    damaged: tuple[str, ...]  # a line for each damaged line of output.json that is named
    damages: int  # how many there are
    classes: tuple[Classes, ...]
    lengths: tuple[Lengths, ...]
    languages: Languages | None
    duplicates: Duplicates
    rejections: Rejections
    spent: Spent
    models: Counts
    endpoints: Counts
    first: str  # timestamps, UTC, ISO 8601 with Z; '' where none is told
    last: str
    is_invented: bool  # a rehearsal's: nothing of it was billed
