"""A status other than 200 and what it means for the run: one table, pure. Exceptions stand in `causes.py`.

What a 200 means is told in `completions.py`. Sources: https://api-docs.deepseek.com/quick_start/error_codes,
https://ai.google.dev/gemini-api/docs/troubleshooting, https://platform.openai.com/docs/guides/error-codes,
https://openrouter.ai/docs/api-reference/errors, https://platform.kimi.ai/docs/api/errors.md
"""

from __future__ import annotations

import enum
import http
import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from dset.cleaning import clean
from dset.error_bodies import header_facts, read_error, told_wait
from dset.limits import Zone
from dset.replies import Reply

if TYPE_CHECKING:
    from collections.abc import Container, Mapping


class Kind(enum.StrEnum):
    """What the run does next: wait, retry later, end, mark BLOCKED, mark ERROR, keep apart."""

    PACE = "pace"
    OUTAGE = "outage"
    STOP = "stop"
    REFUSAL = "refusal"
    ROW_FAULT = "row fault"
    CUT_SHORT = "cut short"


PACE, OUTAGE, STOP, REFUSAL, ROW_FAULT, CUT_SHORT = Kind


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no answer. `reason` is one line, safe to show; `advice` a sentence, '' where there is none.

    `wait` is what the service asks for, in seconds; `limit` how many requests at once it says it allows, `quota` how
    many a day. `window`: it counts by the minute. `scope`: what a stop is about, one model of the key, the whole key
    or the service; `reopens`: at whose midnight it ends, None where that is not known.
    `maybe_billed`: it was sent, its outcome is unknown. `reply`: what was paid for although it is no answer; where there
    is no text, `usage` holds the figures that were told. `silent`: the service read the question, counted its tokens and
    said nothing, as overload does, and as Gemini does for what its safety filter blocks.
    """

    kind: Kind
    reason: str
    advice: str = ""
    status: int | None = None
    wait: float | None = None
    limit: int | None = None
    quota: int | None = None
    window: bool = False
    scope: str = "model"
    reopens: Zone | None = None
    maybe_billed: bool = False
    reply: Reply | None = None
    usage: Reply | None = None
    silent: bool = False


class BodyTooLarge(Exception):  # noqa: N818 - a noun, as the other kinds of failure
    """The body of a response passed the cap of the transport; str() says which."""


REFUSED = (
    r"content exists risk|ResponsibleAIPolicyViolation|^(?:code|type)=content_filter$|content_policy_violation"
    r"|flagged as potentially violating our usage polic|requires moderation"
    r"|\b(?:input|prompt|content|request) (?:was|were|has been) flagged"
    r"|moderation_blocked|rejected by (?:the|our) safety system|content violates usage guidelines|considered high risk|data_?inspection_?failed"
)
TOO_LONG = (
    r"context_length_exceeded|(?:maximum|available) context (?:length|size)|model token limit"
    r"|prompt is too long|input token (?:count|length)|reduce the length|too large for"
)
NO_MONEY = (
    r"insufficient_quota|exceeded_current_quota|insufficient[ _](?:user_quota|balance|credits?|funds)"
    r"|credit balance is too low|^code=Arrearage|billing[ _]hard[ _]limit"
)
NO_MODEL = (
    r"supported (?:api )?model names|model[ _]not[ _](?:exist|found)|not a valid model|decommissioned"
    r"|\b(?:unknown|invalid) model\b|\bmodel [`'\"]?[\w./:@-]+[`'\"]? (?:does not exist|(?:is )?not found)"
)
DEAD_NAME = r"(?:you passed|model)[\s:`'\"]+(?P<model>deepseek-(?:chat|reasoner))\b(?!-)"
BAD_KEY = r"api[_ ]key[_ ](?:not[_ ]valid|invalid|not found|expired)|(?:incorrect|invalid) api[_ ]key"

# Google's quotas by their ids: https://ai.google.dev/gemini-api/docs/rate-limits; a day's ends at midnight Pacific.
MODEL_DAY = (
    r"^quotaId=(?=\S*PerDay)(?=\S*PerModel)\S*(?:\nquotaValue=(?P<quota>\d{1,9}))?|_per_model_per_day\b"
)
MINUTE = r"^quotaId=\S*PerMinute|_per_minute\b|\bper min(?:ute)?\b|\b[RT]PM\b"

REWORD = "Reword the question, or ask another model."
SHORTEN = "Shorten the question, or ask a model with a larger context."
CHECK_MODEL = "Check --model and --base-url: there is no such model at that address."
CHECK_KEY = "Check the key's variable in .env."
CHECK_ACCESS = "Check that the key in .env may use this model, and from this country."
CHECK_ACCOUNT = "Check the region and the billing of the account."
CHECK_TOKENS = "Check --max-tokens: the service does not take that."
CHECK_URL = "Check --base-url: it is the address before /chat/completions."
CHECK_PROXY = "Check HTTPS_PROXY, and the name and the password in it."
TOP_UP = "Top up the account, then run the same command again."
RAISE_CAP = "Raise the spending cap, then run the same command again."
NOT_IN_PLAN = "The plan of this key has none of that model: choose another one with --model."
RENAMED = "{model} is gone: use --model deepseek-flash (or deepseek-v4-pro)."
PACIFIC = "The daily quota begins anew at midnight Pacific time."
MIDNIGHT = "The daily quota begins anew at midnight UTC."


class Rule(NamedTuple):
    statuses: Container[int]
    pattern: str  # searched in the facts: the message, then a line `name=value` for each field of FACTS
    kind: Kind
    advice: str = ""
    scope: str = "model"
    reopens: Zone | None = None
    window: bool = False


RULES = (
    Rule(range(400, 600), REFUSED, REFUSAL, REWORD),
    Rule({400, 413, 422, 429}, TOO_LONG, ROW_FAULT, SHORTEN),
    # Bad requests that no other row would survive either
    Rule({400, 404}, DEAD_NAME, STOP, RENAMED),
    Rule({400, 404}, NO_MODEL, STOP, CHECK_MODEL),
    Rule({400}, BAD_KEY, STOP, CHECK_KEY, "key"),
    Rule({400, 403, 429}, NO_MONEY, STOP, TOP_UP, "key"),
    Rule({400}, r"^status=FAILED_PRECONDITION", STOP, CHECK_ACCOUNT, "key"),
    Rule({400, 422}, r"max_(?:completion_)?tokens", ROW_FAULT, CHECK_TOKENS),
    Rule({401}, "", STOP, CHECK_KEY, "key"),
    Rule({402}, "", STOP, TOP_UP, "key"),
    Rule({403}, "", STOP, CHECK_ACCESS),
    Rule({404}, "", STOP, CHECK_MODEL),
    # Too many requests: a daily quota is told by its name, the short wait that comes with it does not lift it
    Rule({429}, r"spending cap", STOP, RAISE_CAP, "key"),
    Rule({429}, r"\blimit: 0(?![\d.])|^quotaValue=0$", STOP, NOT_IN_PLAN),
    Rule({429}, MODEL_DAY, STOP, PACIFIC, "model", "pacific"),
    Rule({429}, r"^quotaId=\S*PerDay|_per_day\b", STOP, PACIFIC, "key", "pacific"),
    Rule({429}, r"free-models-per-day", STOP, MIDNIGHT, "key", "utc"),
    Rule({429}, r"^wait=long$", STOP),
    Rule({429}, r"concurrency(?: limit of|:) (?P<limit>\d{1,6})\b", PACE),
    Rule({429}, MINUTE, PACE, window=True),
    Rule({429}, "", PACE),
    # What passes; with the header the service says so of any status
    Rule({408, 409, 425, 499}, "", OUTAGE),
    Rule(range(400, 500), r"^x-should-retry=true$", OUTAGE),
    Rule({407}, "", STOP, CHECK_PROXY, "service"),
    Rule({405, 410}, "", STOP, CHECK_URL, "service"),
    Rule(range(400, 500), "", ROW_FAULT),
    Rule(
        range(300, 400), r"^location=(?P<host>.+)", STOP, "Check --base-url: it points to {host}.", "service"
    ),
    Rule(range(300, 400), "", STOP, CHECK_URL, "service"),
    Rule(range(1000), "", OUTAGE),
)
LONG_WAIT = 600.0  # seconds; where a service asks for more, the run ends and says when to come back
LONG_WORK = 10.0  # seconds; a failure of the service after so much work may stand on the bill


def of_status(
    status: int, headers: Mapping[str, str], body: bytes, seconds: float = 0.0, *, now: datetime | None = None
) -> Failure:
    """What a response other than 200 means; `seconds` is how long the request took, `now` an aware time."""
    fields = {name.lower(): value for name, value in headers.items()}
    now = now or datetime.now(UTC)
    message, facts = read_error(body)
    wait = told_wait(fields, facts, now)
    long = wait is not None and wait > LONG_WAIT
    facts = "\n".join([facts, *header_facts(fields), f"wait={'long' if long else 'short'}"])
    rule, match = next(found for rule in RULES if (found := _match(rule, status, facts)))
    groups = {name: clean(value, 100) for name, value in match.groupdict().items() if value}
    back = f"Try again in {_span(wait)}, at about {_clock(wait, now)}." if wait and long else ""
    return Failure(
        kind=rule.kind,
        reason=clean(message) or _phrase(status),
        advice=f"{rule.advice.format(**groups)} {back if rule.kind is STOP else ''}".strip(),
        status=status,
        wait=wait if long or rule.kind is not STOP else None,
        limit=int(groups.get("limit", 0)) or None,
        quota=int(groups.get("quota", 0)) or None,
        window=rule.window,
        scope=rule.scope,
        reopens=rule.reopens,
        maybe_billed=rule.kind is OUTAGE
        and (status < 300 or (seconds >= LONG_WORK and (status == 408 or status >= 500))),
    )


def _match(rule: Rule, status: int, facts: str) -> tuple[Rule, re.Match[str]] | None:
    if status not in rule.statuses:
        return None
    match = _search(rule.pattern, facts)
    return (rule, match) if match else None


def _search(pattern: str, facts: str) -> re.Match[str] | None:
    return re.search(pattern, facts, re.IGNORECASE | re.MULTILINE)


def _phrase(status: int) -> str:
    return f"HTTP {status} {http.HTTPStatus(status).phrase if status in set(http.HTTPStatus) else ''}".strip()


def refuses(facts: str) -> bool:
    """Whether an error's facts say that the service will never answer this."""
    return _search(REFUSED, facts) is not None


def _span(seconds: float) -> str:
    days, rest = divmod(math.ceil(seconds / 60), 1440)
    hours, minutes = divmod(rest, 60)
    parts = [(days, "d"), (hours, "h"), (0 if days else minutes, "min")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number)


def _clock(wait: float, now: datetime) -> str:
    # Rounded up: whoever comes back in the minute that was named must not be too early.
    then = (now + timedelta(seconds=wait + 59)).astimezone(UTC)
    return then.strftime("%H:%M UTC" if wait < 86_400 else "%Y-%m-%d %H:%M UTC")
