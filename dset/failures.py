"""An exception, or a status other than 200, and what it means for the run: two tables, pure.

What a 200 means is told in `completions.py`. Sources: https://api-docs.deepseek.com/quick_start/error_codes,
https://ai.google.dev/gemini-api/docs/troubleshooting, https://platform.openai.com/docs/guides/error-codes,
https://openrouter.ai/docs/api-reference/errors, https://platform.kimi.ai/docs/api/errors.md
"""

from __future__ import annotations

import email.utils
import enum
import http
import json
import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping

    from dset.completions import Reply


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

    `wait` is what the service asks for, in seconds; `limit` how many requests at once it says it allows.
    `maybe_billed`: it was sent, its outcome is unknown. `reply`: what was paid for although it is no answer.
    """

    kind: Kind
    reason: str
    advice: str = ""
    status: int | None = None
    wait: float | None = None
    limit: int | None = None
    maybe_billed: bool = False
    reply: Reply | None = None


class BodyTooLarge(Exception):  # noqa: N818 - a noun, as the other kinds of failure
    """The body of a response passed the cap of the transport; str() says which."""


# --- Statuses: the first rule that matches decides ---------------------------------------------------------

REFUSED = (
    r"content exists risk|ResponsibleAIPolicyViolation|^(?:code|type)=content_filter$|content_policy_violation"
    r"|flagged as potentially violating our usage polic|requires moderation"
    r"|\b(?:input|prompt|content|request) (?:was|were|has been) flagged"
    r"|content violates usage guidelines|considered high risk|data_?inspection_?failed"
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


RULES = (
    Rule(range(400, 600), REFUSED, REFUSAL, REWORD),
    Rule({400, 413, 422, 429}, TOO_LONG, ROW_FAULT, SHORTEN),
    # Bad requests that no other row would survive either
    Rule({400, 404}, DEAD_NAME, STOP, RENAMED),
    Rule({400, 404}, NO_MODEL, STOP, CHECK_MODEL),
    Rule({400}, BAD_KEY, STOP, CHECK_KEY),
    Rule({400, 403, 429}, NO_MONEY, STOP, TOP_UP),
    Rule({400}, r"^status=FAILED_PRECONDITION", STOP, CHECK_ACCOUNT),
    Rule({400, 422}, r"max_(?:completion_)?tokens", ROW_FAULT, CHECK_TOKENS),
    Rule({401}, "", STOP, CHECK_KEY),
    Rule({402}, "", STOP, TOP_UP),
    Rule({403}, "", STOP, CHECK_ACCESS),
    Rule({404}, "", STOP, CHECK_MODEL),
    # Too many requests: a daily quota is told by its name, the short wait that comes with it does not lift it
    Rule({429}, r"spending cap", STOP, RAISE_CAP),
    Rule({429}, r"\blimit: 0(?![\d.])|^quotaValue=0$", STOP, NOT_IN_PLAN),
    Rule({429}, r"^quotaId=\S*PerDay|_per_day\b", STOP, PACIFIC),
    Rule({429}, r"free-models-per-day", STOP, MIDNIGHT),
    Rule({429}, r"^wait=long$", STOP),
    Rule({429}, r"concurrency(?: limit of|:) (?P<limit>\d{1,6})\b", PACE),
    Rule({429}, "", PACE),
    # What passes; with the header the service says so of any status
    Rule({408, 409, 425, 499}, "", OUTAGE),
    Rule(range(400, 500), r"^x-should-retry=true$", OUTAGE),
    Rule({407}, "", STOP, CHECK_PROXY),
    Rule({405, 410}, "", STOP, CHECK_URL),
    Rule(range(400, 500), "", ROW_FAULT),
    Rule(range(300, 400), r"^location=(?P<host>.+)", STOP, "Check --base-url: it points to {host}."),
    Rule(range(300, 400), "", STOP, CHECK_URL),
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
    message, facts = _read_error(body)
    wait = _told_wait(fields, facts, now)
    long = wait is not None and wait > LONG_WAIT
    facts = "\n".join([facts, *_header_facts(fields), f"wait={'long' if long else 'short'}"])
    rule, match = next(found for rule in RULES if (found := _match(rule, status, facts)))
    groups = {name: clean(value, 100) for name, value in match.groupdict().items()}
    back = f"Try again in {_span(wait)}, at about {_clock(wait, now)}." if wait and long else ""
    return Failure(
        kind=rule.kind,
        reason=clean(message) or _phrase(status),
        advice=f"{rule.advice.format(**groups)} {back if rule.kind is STOP else ''}".strip(),
        status=status,
        wait=wait if long or rule.kind is not STOP else None,
        limit=int(groups.get("limit", 0)) or None,
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


# --- What a response states --------------------------------------------------------------------------------

FACTS = frozenset({"code", "type", "status", "reason", "quotaId", "quotaMetric", "quotaValue", "retryDelay"})
DURATION = r"(?:\d{1,9}(?:\.\d{1,9})?\s*(?:milli|ms|[dhms])[a-z]*\s*)+"
UNITS = {"d": 86_400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001, "milli": 0.001}
NUMBER = r"\s*[0-9]{1,400}(?:\.[0-9]*)?(?:[eE][0-9]{1,4})?\s*"
WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,\s)?"


def refuses(facts: str) -> bool:
    """Whether an error's facts say that the service will never answer this."""
    return _search(REFUSED, facts) is not None


def error_facts(document: object, text: str) -> tuple[str, str]:
    """The message in the parsed body of an error, and its facts; `text`, the body, where it has no message."""
    if isinstance(document, list) and document:
        document = document[0]  # Gemini wraps the object in an array
    error = (document.get("error") or document) if isinstance(document, dict) else document
    message = (": ".join(_messages(error)) or text)[:4000]
    marks = [f"{name}={str(value)[:200]}" for name, value in _leaves(error) if name in FACTS]
    return message, "\n".join([message, *marks[:200]])


def _messages(error: object, depth: int = 0) -> Iterator[str]:
    """The sentences for people: OpenAI's, FastAPI's `detail`, and what OpenRouter passes on as `raw`."""
    if isinstance(error, str) and error:
        yield error
    elif isinstance(error, (dict, list)) and depth < 6:
        names = ("message", "msg", "detail", "errors", "metadata", "raw")
        for part in error[:3] if isinstance(error, list) else map(error.get, names):
            yield from _messages(part, depth + 1)


def _leaves(node: object, depth: int = 0) -> Iterator[tuple[str, object]]:
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, value in items:
        if not isinstance(value, (dict, list)):
            yield str(name), value
        elif depth < 8:  # Google nests four deep; a hostile body must not exhaust the stack
            yield from _leaves(value, depth + 1)


def _read_error(body: bytes) -> tuple[str, str]:
    text = body.decode("utf-8", "replace").strip()
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return page_text(text), page_text(text, 4000)
    return error_facts(document, text) if document else ("", "")


def page_text(text: str, limit: int = 200) -> str:
    """The first characters of a web page or plain text on one line, without tags, scripts and styles."""
    # Only the beginning is looked at: a hostile page makes this pattern quadratic.
    text = re.sub(r"(?is)<(script|style)\b.*?</\1\s*>|<!--.*?-->|<[^<>]*>", " ", text[:10_000])
    return clean(text, limit)


def _header_facts(fields: Mapping[str, str]) -> Iterator[str]:
    yield f"x-should-retry={fields.get('x-should-retry', '').strip()}"
    try:
        location = urlsplit(fields.get("location", ""))
    except ValueError:
        return
    if location.hostname:  # neither path nor query nor a password: they may hold secrets
        yield f"location={location.scheme or 'https'}://{location.hostname}"


def _told_wait(fields: Mapping[str, str], facts: str, now: datetime) -> float | None:
    """The seconds that the service asks to wait; None where it asks for none, or for nonsense."""
    sent = _date(fields.get("date", "")) or now  # a date is told by the service's clock, and read by it
    waits = [_number(fields.get("retry-after-ms", "")) / 1000]
    # Two headers arrive as one, joined by a comma, and a date has a comma of its own. The longest counts.
    for value in re.findall(rf"\s*{WEEKDAY}[^,]+", fields.get("retry-after", "").lower()):
        date = _date(value)
        waits.append((date - sent).total_seconds() if date else _number(value))
    told = _search(rf"(?:^retryDelay=|try (?:again )?(?:in|after) )({DURATION})", facts)
    pairs = re.findall(r"([\d.]+)\s*(milli|ms|[dhms])", told[1].lower() if told else "")
    spoken = sum(float(number) * UNITS[unit] for number, unit in pairs)
    return max(filter(_is_wait, waits), default=spoken if _is_wait(spoken) else None)


def _is_wait(seconds: float) -> bool:
    """0 or less would ask again at once and for ever; more than a year is nobody's wait."""
    return 0 < seconds <= 366 * 86_400


def _number(text: str) -> float:
    return float(text) if re.fullmatch(NUMBER, text) else math.nan


def _date(text: str) -> datetime | None:
    """An HTTP date in any of its three forms (RFC 9110, 5.6.7)."""
    try:
        date = email.utils.parsedate_to_datetime(text.strip())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _span(seconds: float) -> str:
    days, rest = divmod(math.ceil(seconds / 60), 1440)
    hours, minutes = divmod(rest, 60)
    parts = [(days, "d"), (hours, "h"), (0 if days else minutes, "min")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number)


def _clock(wait: float, now: datetime) -> str:
    # Rounded up: whoever comes back in the minute that was named must not be too early.
    then = (now + timedelta(seconds=wait + 59)).astimezone(UTC)
    return then.strftime("%H:%M UTC" if wait < 86_400 else "%Y-%m-%d %H:%M UTC")


# --- Exceptions: the first cause of which a name stands in the chain decides -------------------------------

NETWORK = "Check the network, --base-url and HTTPS_PROXY."
CERTIFICATES = "Set SSL_CERT_FILE to a file with the certificates that this network uses."
CUT = "the connection was cut before the answer was whole"
SILENT = "nothing came from {host} for {read} s"
NO_ROUTE = "no connection to {host}: {detail}"
PROXY = "aiohttp.ClientHttpProxyError httpcore2.ProxyError"


class Cause(NamedTuple):
    names: str  # package.Class of an exception in the chain, or of a base of it
    reason: str
    advice: str = ""
    kind: Kind = OUTAGE
    pattern: str = ""  # searched in the text of the innermost exception


# Two transports of openai speak here: aiohttp's, which calls nearly everything a timeout, and httpx2's.
NOT_SENT = (
    Cause("builtins.OSError", "too many open files", "Lower --concurrency.", pattern="too many open files"),
    Cause("ssl.SSLCertVerificationError", "the certificate of {host}: {detail}", CERTIFICATES),
    Cause("socket.gaierror", "cannot find the host {host}", NETWORK),
    Cause(PROXY, "the proxy wants a login: {detail}", CHECK_PROXY, STOP, pattern=r"^407\b"),
    Cause(PROXY, "the proxy: {detail}", CHECK_PROXY),
    Cause("builtins.ConnectionRefusedError", "connection refused by {host}:{port}", NETWORK),
    Cause(
        "aiohttp.ConnectionTimeoutError httpcore2.ConnectTimeout", "no connection to {host} in time", NETWORK
    ),
    Cause("httpcore2.PoolTimeout", "no free connection in time", "Lower --concurrency."),
    Cause("aiohttp.ClientConnectorError httpcore2.ConnectError", NO_ROUTE, NETWORK),
    Cause("aiohttp.InvalidURL httpx2.UnsupportedProtocol", "not a web address: {detail}", CHECK_URL, STOP),
    Cause("httpx2.TooManyRedirects", "{host} redirects without end", CHECK_URL, STOP),
    # Its text quotes a header, and a header holds the key.
    Cause("httpx2.LocalProtocolError", "the request could not be built", CHECK_KEY, ROW_FAULT),
)
SENT = (
    Cause("dset.BodyTooLarge", "the answer is larger than allowed: {detail}"),
    Cause("aiohttp.ServerTimeoutError httpcore2.ReadTimeout httpcore2.WriteTimeout", SILENT),
    Cause("aiohttp.ClientPayloadError aiohttp.ClientConnectionError", CUT),
    Cause("httpcore2.RemoteProtocolError httpcore2.NetworkError ssl.SSLError builtins.ConnectionError", CUT),
    Cause("aiohttp.ClientResponseError", "what came is not HTTP: {detail}", CHECK_URL),
    Cause("httpx2.DecodingError", "the answer cannot be unpacked: {detail}"),
    Cause("openai.APIResponseValidationError json.JSONDecodeError", "not a completion: {detail}"),
    Cause("openai.APIConnectionError httpx2.TransportError aiohttp.ClientError", "{detail}"),
    # The deadline for the whole request: ours
    Cause("builtins.TimeoutError", "no answer {within}", "Raise --timeout if answers may take so long."),
)


def of_exception(error: BaseException, seconds: float = 0.0, *, now: datetime | None = None) -> Failure:
    """What an exception of a request means; `seconds` is how long it took. No Exception: raised again."""
    if not isinstance(error, Exception):
        raise error  # a cancellation or Ctrl-C is an order, not a failure
    if "openai.APIStatusError" in _names(error):
        response: Any = getattr(error, "response", None)
        seconds = seconds or _elapsed(response)
        return of_status(response.status_code, response.headers, response.content, seconds, now=now)
    chain = list(_chain(error))
    names = {name for link in chain for name in _names(link)}
    detail = next((text for link in reversed(chain) if (text := str(link).strip())), type(error).__name__)
    for cause in NOT_SENT + SENT:
        if not names.isdisjoint(cause.names.split()) and re.search(cause.pattern, detail, re.IGNORECASE):
            reason = clean(cause.reason.format(detail=detail, **_circumstances(chain, seconds)))
            return Failure(cause.kind, reason, cause.advice, maybe_billed=cause in SENT)
    return Failure(ROW_FAULT, clean(f"{type(error).__name__}: {error}"))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The exception and its causes, outermost first."""
    for _ in range(20):
        if error is None:
            return
        yield error
        # httpcore2 leaves its cause in the context; of others that may be the failure of an earlier attempt.
        context = error.__context__ if type(error).__module__.startswith("httpcore2") else None
        error = error.__cause__ or context


def _names(error: BaseException) -> set[str]:
    return {f"{base.__module__.split('.')[0]}.{base.__name__}" for base in type(error).__mro__}


def _circumstances(chain: list[BaseException], seconds: float) -> dict[str, object]:
    request: Any = getattr(chain[0], "request", None)
    url: Any = getattr(request, "url", None)
    # aiohttp names the host that it spoke to, which may be a proxy.
    peer: Any = next((link for link in chain if getattr(link, "host", None)), url)
    port = getattr(peer, "port", None) or (80 if getattr(url, "scheme", "") == "http" else 443)
    read = getattr(request, "extensions", {}).get("timeout", {}).get("read") or seconds
    within = f"within {seconds:.0f} s" if seconds else "in time"
    return {"host": getattr(peer, "host", "the service"), "port": port, "read": f"{read:g}", "within": within}


def _elapsed(response: Any) -> float:
    try:
        return float(response.elapsed.total_seconds())
    except RuntimeError:  # a response that no client has sent knows none
        return 0.0


# --- One safe line -----------------------------------------------------------------------------------------

ESCAPES = (
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # OSC, DCS and the like
    r"|\x1b[ -/]*[0-~]?"
)
INVISIBLE = r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\U000e0000-\U000e007f]"
KEYS = r"(?ai)(?<![a-z0-9])(?:(?<=bearer )[\w.~+/=-]{16,}|sk-[\w-]{13,}|AIza[\w-]{12,})"


def clean(text: str, limit: int = 300) -> str:
    """One line for screen and log: no control characters, terminal escapes, bidi overrides, whole keys."""
    text = re.sub(f"{ESCAPES}|{INVISIBLE}", "", text[:20_000])
    text = re.sub(r"[\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", text)
    text = " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", " ", text).split())
    text = re.sub(KEYS, lambda key: f"{key[0][:3]}…{key[0][-4:]}", text)
    return text if len(text) <= limit else text[: limit - 1] + "…"
