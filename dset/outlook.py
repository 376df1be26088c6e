"""What a run is about to do, for those who pay for it: the endpoints, and an estimate of money and time."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from dset import answers, clocks, estimates
from dset.answers import Record
from dset.contents import Question
from dset.estimates import Estimate
from dset.guesses import Past, Size
from dset.lanes import Lane
from dset.messages import Messages
from dset.prompts import Prompt
from dset.schedules import Terms
from dset.settings import Settings
from dset.workspace import Workspace

_SHOWN = 6  # endpoints that a line names at most
_SAMPLE = 60  # rows that are looked at
_TAIL = 1 << 18  # bytes of the journal that are looked at, from its end
_THINKERS = {"deepseek", "gemini", "openai"}  # they think unless they are told not to


def notes(lanes: Sequence[Lane], settings: Settings) -> list[str]:
    """What a user should know of the endpoints before anything is asked."""
    found = list(dict.fromkeys(lane.endpoint.warning for lane in lanes if lane.endpoint.warning))
    if len(lanes) > 1:
        shown = ", ".join(lane.name for lane in lanes[:_SHOWN])
        more = f" and {len(lanes) - _SHOWN:,} more" if len(lanes) > _SHOWN else ""
        how = "all at once" if settings.spread else "one after the other"
        found.append(f"endpoints, {how}: {shown}{more}")
    keys: dict[str, dict[str, None]] = {}
    for lane in lanes:
        keys.setdefault(lane.tariff, {})[lane.endpoint.key_name] = None
    found += estimates.shared_quota_notes({provider: list(names) for provider, names in keys.items()})
    if settings.off_peak and not any(lane.price and lane.price.peak for lane in lanes):
        found.append("--off-peak: no service here is known to have cheap hours; it is asked at any time")
    return found


def estimate(work: Workspace, lanes: Sequence[Lane]) -> Estimate | None:
    """What the plan will cost and how long it will take; None where it is too short for an estimate."""
    plan, settings = work.plan, work.settings
    if plan.todo < estimates.WORTH:
        return None
    sample = [size for question in plan.sample(_SAMPLE) if (size := _size_of(work.prompt, question))]
    past = list(_past(work, settings))
    return estimates.estimate(
        plan.todo,
        sample,
        past,
        [_terms(lane, settings) for lane in lanes],
        settings.concurrency or 1,
        clocks.now(),
        spread=settings.spread,
    )


def _terms(lane: Lane, settings: Settings) -> Terms:
    limits = lane.endpoint.limits
    learned = lane.closure.quota if lane.closure else None
    thinks = settings.thinking == "on" or (not settings.thinking and lane.tariff in _THINKERS)
    return Terms(lane.price, limits.rpm, limits.rpd or learned, limits.tpm, limits.concurrency, thinks=thinks)


def _size_of(prompt: Prompt, question: Question) -> Size | None:
    """The size of what is sent for a row, without reading its picture; None for a row that cannot be sent."""
    try:
        sent = prompt.messages(replace(question, image=""))
    except (ValueError, MemoryError, RecursionError):
        return None
    return Size.of(_text(sent), images=bool(question.image))


def _text(sent: Messages) -> str:
    return "\n".join(str(message.get("content", "")) for message in sent)


def _past(work: Workspace, settings: Settings) -> Iterator[Past]:
    """Answers of before, those of the same model where there are any."""
    records = list(_tail(work))
    named = {settings.model, *(name.partition("/")[2].partition("{")[0] for name in settings.services)}
    same = [one for one in records if str(one["metadata"].get("endpoint", "")).rpartition("/")[2] in named]
    for record in same or records:
        metadata = record["metadata"]
        figures = [metadata.get(name) for name in ("prompt_tokens", "completion_tokens", "cached_tokens")]
        came_in, went_out, cached = (one if isinstance(one, int) else None for one in figures)
        if came_in and went_out is not None:
            # At a pace that is yet to be found the seconds of an answer tell no time.
            seconds = metadata.get("seconds") if settings.concurrency else None
            waited = float(seconds) if isinstance(seconds, int | float) else None
            yield Past(came_in, went_out, waited, _size_then(work, metadata), cached or 0)


def _size_then(work: Workspace, metadata: Record) -> Size | None:
    text, columns = metadata.get("question"), metadata.get("columns")
    if not isinstance(text, str) or not isinstance(columns, dict):
        return None
    told = {str(name): str(cell) for name, cell in columns.items()}
    conversation = metadata.get("messages")
    question = Question(0, 0, text, "", conversation if isinstance(conversation, str) else "", told, "")
    return _size_of(work.prompt, question)


def _tail(work: Workspace) -> Iterator[Record]:
    path = work.outputs.folder.journal
    if not path.exists():
        return
    with path.open("rb") as stream:
        start = max(0, path.stat().st_size - _TAIL)
        stream.seek(start)
        lines = stream.read().split(b"\n")
    for line in lines[1 if start else 0 :]:
        try:
            yield answers.parse(line)
        except ValueError:
            continue
