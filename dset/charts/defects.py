"""Charts of what is wrong with a dataset: duplicates, and what was rejected and why."""

from collections.abc import Iterator

from dset.charts import specs
from dset.charts.specs import Spec
from dset.rejections import RETRIED
from dset.reports.figures import Duplicates, Figures, Group, Reason
from dset.wording import counted


def likenesses(found: Duplicates) -> Iterator[Spec]:
    """How many are the same or nearly, and the largest groups of them."""
    if not found.compared:
        yield specs.figures("duplicates", "Duplicates", [], f"Not looked for: {found.why_not}.")
        return
    rows = [
        ("Compared", counted(found.compared, "record")),
        ("The same", _surplus(found.same, found.same_groups)),
    ]
    if found.nearly is not None and found.near_groups is not None:
        rows.append((f"Alike by {found.near:.0%} and more", _surplus(found.nearly, found.near_groups)))
    note = f"Near ones were not looked for: {found.why_not}." if found.near_groups is None else ""
    yield specs.figures("duplicates", "Duplicates", rows, note)
    if found.largest:
        groups = [(one.text or "(empty)", one.records, _group(one)) for one in found.largest]
        yield specs.bars("duplicate-groups", "Largest groups of duplicates", "records", groups)


def _surplus(surplus: int, groups: int) -> str:
    return f"{surplus:,} beyond the first, in {counted(groups, 'group')}" if surplus else "none"


def _group(one: Group) -> str:
    rows = ", ".join(f"{row:,}" for row in one.rows if row)
    more = " …" if one.records > len(one.rows) else ""
    return f"{'the same' if one.texts == 1 else 'alike'}{f'; rows {rows}{more}' if rows else ''}"


def reasons(figures: Figures) -> Iterator[Spec]:
    """Why answers were rejected."""
    found = figures.rejections
    kinds = [
        ("asked again" if kind == RETRIED else kind or "of no kind", count, "") for kind, count in found.kinds
    ]
    rows = [
        (
            one.text,
            one.count,
            "; ".join(filter(None, (f"first in row {one.row:,}" if one.row else "", _example(one)))),
        )
        for one in found.reasons
    ]
    rows += [("something else", found.others, "")] if found.others else []
    note = f"{counted(found.damaged, 'line')} of rejected.json cannot be read." if found.damaged else ""
    total = sum(count for _, count, _ in kinds)
    said = f"{counted(total, 'try', 'tries')} came to nothing." if total else ""
    if kinds or note:
        yield specs.bars("rejected", "Rejected", "tries", kinds, note, said)
    if rows:
        yield specs.bars(
            "reasons", "Reasons of rejection", "faults", rows, "An answer with several faults counts in each."
        )


def _example(one: Reason) -> str:
    return f"for example: {one.example}" if one.example != one.text else ""
