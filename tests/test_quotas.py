"""endpoints.json: what is spent stays so over a restart, and nothing in it can do harm."""

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dset.failures import Failure, Kind
from dset.keys import Secret
from dset.lanes import Closure, Lane
from dset.quotas import Quotas
from tests.samples import lane

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
PATH = Path("endpoints.json")
HOUR = timedelta(hours=1)


def keyed(key: str = "sk-0123456789abcdefcanary", model: str = "m", **more: Any) -> Lane:
    """An endpoint with a key."""
    return lane(model, provider="gemini", key_name="GEMINI_API_KEY", key=Secret(key), **more)


def closed(hours: float = 8.0, **more: Any) -> Lane:
    """An endpoint that is spent for so many hours."""
    found = keyed(**more)
    found.closure = Closure("its day is spent", "Wait.", NOW + hours * HOUR, quota=20)
    return found


def restored(at: datetime = NOW, **more: Any) -> Closure | None:
    """How the endpoint begins in the next run, with a file as it stands."""
    found = keyed(**more)
    Quotas(PATH).restore([found], at)
    return found.closure


def noted() -> dict[str, Any]:
    document = json.loads(PATH.read_bytes())
    assert isinstance(document, dict)
    return document


def entry(**more: object) -> dict[str, Any]:
    """The file's entry of the endpoint, with these changes."""
    Quotas(PATH).save([closed()], NOW)
    document = noted()
    document["gemini/GEMINI_API_KEY/m"] |= more
    PATH.write_text(json.dumps(document), encoding="utf-8")
    return document


def test_what_is_spent_is_closed_in_the_next_run_until_the_moment_it_opens() -> None:
    Quotas(PATH).save([closed()], NOW)
    found = restored()
    assert found == Closure("its day is spent", until=NOW + 8 * HOUR, quota=20)
    assert restored(NOW + 8 * HOUR) is None


def test_nothing_spent_makes_no_file() -> None:
    Quotas(PATH).save([keyed()], NOW)
    assert not PATH.exists()


def test_what_opens_soon_or_nobody_knows_when_is_not_noted() -> None:
    unknown = keyed(model="n")
    unknown.closure = Closure("refused")
    Quotas(PATH).save([closed(0.1), unknown], NOW)
    assert not PATH.exists()


def test_what_is_open_again_leaves_the_file_and_other_endpoints_stay_in_it() -> None:
    other = closed(model="other")
    Quotas(PATH).save([closed(), other], NOW)
    Quotas(PATH).save([keyed()], NOW)
    assert list(noted()) == ["gemini/GEMINI_API_KEY/other"]
    assert restored(model="other") is not None


def test_another_key_in_the_same_variable_starts_afresh() -> None:
    Quotas(PATH).save([closed()], NOW)
    assert restored(key="sk-another-0123456789abcdef") is None


def test_the_file_holds_no_key_and_no_part_of_one() -> None:
    Quotas(PATH).save([closed()], NOW)
    text = PATH.read_text(encoding="utf-8")
    assert not any("sk-0123456789abcdefcanary"[at : at + 6] in text for at in range(19))


def test_the_file_is_written_only_where_something_changed() -> None:
    quotas, spent = Quotas(PATH), closed()
    quotas.save([spent], NOW)
    PATH.write_bytes(b"{}")
    quotas.save([spent], NOW)
    assert PATH.read_bytes() == b"{}"


def test_the_day_of_a_limited_endpoint_is_counted_on() -> None:
    from dset.limits import Limits

    found = keyed(limits=Limits(rpd=20))
    if not found.day.stored():
        found.day.count(NOW)
    Quotas(PATH).save([found], NOW)
    assert PATH.exists() == bool(found.day.stored())


@pytest.mark.parametrize(
    "data",
    [
        b"", b"null", b"[]", b"7", b"{", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 100_000, b"{}",
        b'{"gemini/GEMINI_API_KEY/m": null}', b'{"gemini/GEMINI_API_KEY/m": []}', b'{"x": {"asked": NaN}}',
        b'{"x": ' + b'{"a":' * 600 + b"1" + b"}" * 601, b'{"x": {"asked": ' + b"[" * 800 + b"]" * 800 + b"}}",
        b'{"\\ud800": {"key": "\\ud800"}}', b'{"x": {"key": 1' + b"0" * 4200 + b"}}",
    ],
    ids=lambda data: data[:30].decode("latin-1"),
)  # fmt: skip
def test_garbage_in_the_file_closes_nothing_and_is_written_over(data: bytes) -> None:
    PATH.write_bytes(data)
    assert restored() is None
    Quotas(PATH).save([closed()], NOW)
    assert restored() is not None


@pytest.mark.parametrize(
    "until",
    ["", "soon", None, 7, [], "2026-11-21T20:00:00", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-23:00",
     "0001-01-01T00:00:00+23:00", "2027-02-01T00:00:00Z", "2026-11-21T11:00:00Z", "x" * 9999],
)  # fmt: skip
def test_a_moment_that_is_none_or_past_or_beyond_any_quota_closes_nothing(until: object) -> None:
    entry(spent_until=until)
    assert restored() is None


def test_a_moment_in_another_zone_is_that_moment() -> None:
    entry(spent_until="2026-11-21T21:00:00+07:00")
    found = restored()
    assert found is not None
    assert found.until == NOW + 2 * HOUR


@pytest.mark.parametrize("quota", [-5, 0, True, 1.5, "20", None, 10**30, [20]])
def test_a_quota_that_is_no_count_is_not_known(quota: object) -> None:
    entry(quota=quota)
    found = restored()
    assert found is not None
    assert found.quota is None


@pytest.mark.parametrize("reason", ["\x1b[2J\n\nx", "x" * 99_999, 7, None, "", {"a": 1}])
def test_a_reason_is_one_short_line_whatever_stands_there(reason: object) -> None:
    entry(reason=reason)
    found = restored()
    assert found is not None
    assert found.reason
    assert found.reason.isprintable()
    assert len(found.reason) <= 300


def test_a_day_that_cannot_be_read_is_a_new_day() -> None:
    days: list[object] = [None, 7, "x", [], {"day": "x"}, {"x": [1]}]
    for asked in days:
        entry(asked=asked)
        assert restored() is not None


def test_of_other_endpoints_only_what_this_file_holds_is_kept() -> None:
    kept = {"asked": {"day": "2026-11-21", "count": 3}, "reason": "r", "key": "k"}
    deep = {"spent_until": [[1]], "quota": {"a": {"b": 1}}, "more": 1}
    PATH.write_text(json.dumps({"x/none/m": {**kept, **deep}, "y": 7}), encoding="utf-8")
    Quotas(PATH).save([closed()], NOW)
    assert noted().pop("x/none/m") == kept
    assert "y" not in noted()


def test_a_folder_of_that_name_is_no_file_to_read_and_says_so_when_it_is_written() -> None:
    PATH.mkdir()
    assert restored() is None
    with pytest.raises(IsADirectoryError if sys.platform != "win32" else PermissionError):
        Quotas(PATH).save([closed()], NOW)


def test_a_quota_of_a_day_that_the_service_tells_closes_to_its_midnight_and_is_noted_so() -> None:
    found = keyed(zone="pacific")
    found.close(Failure(Kind.STOP, "spent", quota=20, reopens="pacific"), NOW)
    Quotas(PATH).save([found], NOW)
    after = restored()
    assert after is not None
    assert found.closure is not None
    assert (after.until, after.quota) == (found.closure.until, 20)
