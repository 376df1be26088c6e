"""What to do about rows that have no answer, for each kind of failure."""

from dset.failures import Kind
from dset.rejections import INTERRUPTED, INVALID

AGAIN = "run the same command again"
_PLANNED = (
    "Nothing need be done: the same command plans another row in its place, as long as it makes headway."
)
_OTHERS = "Run the same command again: it asks these rows first. run.log tells what happened."
_KINDS = {
    Kind.OUTAGE.value: "The service did not answer. Run the same command again later: it asks these rows first.",
    Kind.PACE.value: "The service had too much to do. Run the same command again later: it asks these rows first.",
    Kind.STOP.value: "Mend what the reason names, then run the same command again: it asks these rows first.",
    Kind.REFUSAL.value: "The service refuses these rows. Reword them, or ask another model; as they are they are asked "
    "again only with --retry-failed.",
    Kind.ROW_FAULT.value: "The service cannot take these rows. Shorten or mend them, then run the same command again.",
    Kind.CUT_SHORT.value: "The answer did not fit: raise --max-tokens and run again. With the same settings these rows "
    "are left alone, unless --retry-failed is given.",
    INVALID: "The answers did not pass their check. Change the prompt or the model and run again, or give "
    "--retry-failed to ask once more as it is.",
    INTERRUPTED: "They waited for another try when the run was stopped. Run the same command again.",
}
_REPLACED = {INVALID, Kind.CUT_SHORT.value, Kind.REFUSAL.value}


def of(kind: str, *, is_planned: bool = False) -> str:
    """A sentence or two. `is_planned`: of a task's dataset, where another row takes the place of one that failed."""
    if is_planned and kind in _REPLACED:
        return _PLANNED
    return _KINDS.get(kind, _OTHERS)
