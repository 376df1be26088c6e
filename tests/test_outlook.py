"""What a run is about to do, said before it begins, and what a row costs."""

import itertools
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dset import answers, clocks, outlook
from dset.contents import Question
from dset.estimates import Estimate
from dset.keys import Secret
from dset.lanes import Closure
from dset.limits import Limits
from dset.messages import Messages
from dset.outlook import RowPrices
from dset.prices import Price, Rate
from dset.prompts import Prompt
from dset.settings import load
from dset.workspace import Workspace
from tests.running import questions_csv
from tests.samples import answer, lane, question, reply, write_lines

CHEAP = datetime(2026, 11, 21, 12, tzinfo=UTC)  # a Saturday
DEAR = datetime(2026, 11, 23, 2, tzinfo=UTC)
PRICE = Price(Rate(1.0, 2.0, 0.1))  # USD per million tokens
JOURNAL = Path("dset_generator/output.json")


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    moment = [CHEAP]
    monkeypatch.setattr(clocks, "now", lambda: moment[0])
    return moment


def estimated(*lanes: Any, **flags: Any) -> Estimate | None:
    """The estimate of a run over the q.csv that is there."""
    told = load({name: str(value) for name, value in flags.items()}, {})
    with Workspace(told, lambda line: None, Path()) as work:
        work.read()
        return outlook.estimate(work, lanes or [lane(price=PRICE)])


def past(
    model: str = "asked-for", count: int = 5, asked: str = "w" * 100, **figures: Any
) -> list[answers.Record]:
    """Lines of output.json."""
    told = {"prompt_tokens": 1000, "cached_tokens": 0, "completion_tokens": 100} | figures
    return [
        answers.as_record(
            answer(question(f"{asked}{number}"), reply(**told), endpoint=f"p/none/{model}", seconds=2.0)
        )
        for number in range(count)
    ]


def row_price(model: str = "asked-for", price: Price | None = PRICE, **flags: Any) -> str:
    told = load({name: str(value) for name, value in flags.items()}, {})
    return RowPrices(told).at(lane(model, price=price).endpoint)


def usd(said: str) -> float:
    assert said.startswith("about ")
    assert said.endswith(" USD a row")
    return float(said.split()[1])


# --- Notes ---------------------------------------------------------------------------------------------------


def test_several_endpoints_are_named_in_their_order_and_how_they_are_used() -> None:
    two = [lane("a"), lane("b")]
    assert outlook.notes(two, load({}, {})) == ["endpoints, one after the other: p/none/a, p/none/b"]
    assert outlook.notes(two, load({"spread": True}, {}))[0].startswith("endpoints, all at once: ")
    many = outlook.notes([lane(str(number)) for number in range(9)], load({}, {}))
    assert many[0].endswith("p/none/5 and 3 more")
    assert outlook.notes([lane("a")], load({}, {})) == []


def test_keys_that_may_share_a_quota_are_told_whatever_the_file_calls_the_service() -> None:
    keys = [
        lane("m", provider="gemini", label="mine", key_name=name, key=Secret(name))
        for name in ("GEMINI_API_KEY_1", "GEMINI_API_KEY_2")
    ]
    assert any(
        line.startswith("GEMINI_API_KEY_1, GEMINI_API_KEY_2: keys of one Google project share")
        for line in outlook.notes(keys, load({}, {}))
    )


def test_off_peak_where_nothing_has_cheap_hours_is_told() -> None:
    told = load({"off_peak": True}, {})
    assert any("no service here is known" in line for line in outlook.notes([lane("m")], told))
    dear = Price(Rate(1, 1), Rate(2, 2))
    assert outlook.notes([lane("m", price=dear)], told) == []


# --- The estimate ----------------------------------------------------------------------------------------------


def test_a_run_of_a_few_rows_has_no_estimate(clean_place: Path) -> None:
    questions_csv(clean_place, *[f"q{number}" for number in range(9)])
    assert estimated() is None
    questions_csv(clean_place, *[f"q{number}" for number in range(10)])
    found = estimated()
    assert found is not None
    assert found.rows == 10


def test_an_estimate_comes_from_the_rows_and_the_price(clean_place: Path) -> None:
    questions_csv(clean_place, *[f"{number}" + "x" * 4000 for number in range(10)])
    found = estimated()
    assert found is not None
    assert 1000 <= found.tokens_in <= 1030  # 4 bytes a token
    assert found.usd == pytest.approx(10 * (found.tokens_in * 1.0 + found.tokens_out * 2.0) / 1e6)
    unknown = estimated(lane("m"))
    assert unknown is not None
    assert unknown.usd is None
    assert "no price is known" in unknown.lines()[0]


def test_answers_of_the_same_model_count_and_others_only_where_there_are_none(clean_place: Path) -> None:
    questions_csv(clean_place, *[f"q{number}" for number in range(10)])
    write_lines(JOURNAL, past("other/model", completion_tokens=9000) + past("a/b", completion_tokens=70))
    found = estimated(model="a/b", base_url="http://127.0.0.1:9")
    assert found is not None
    assert found.tokens_out == 70
    found = estimated(model="new", base_url="http://127.0.0.1:9")
    assert found is not None
    assert found.tokens_out == (9000 + 70) / 2


@pytest.mark.parametrize(
    "figures",
    [{"prompt_tokens": None}, {"prompt_tokens": -5}, {"prompt_tokens": 0}, {"completion_tokens": "x"},
     {"completion_tokens": 10**400}, {"prompt_tokens": 10**400}, {"completion_tokens": -1}],
)  # fmt: skip
def test_figures_that_are_none_tell_nothing(clean_place: Path, figures: dict[str, Any]) -> None:
    questions_csv(clean_place, *[f"q{number}" for number in range(10)])
    write_lines(JOURNAL, past(**figures))
    found = estimated()
    assert found is not None
    assert "answers guessed" in found.basis


def test_cached_tokens_beyond_the_prompt_make_nothing_cheaper_than_all_cached(clean_place: Path) -> None:
    questions_csv(clean_place, *[f"q{number}" for number in range(10)])
    write_lines(JOURNAL, past(cached_tokens=10**9, completion_tokens=0))
    found = estimated()
    assert found is not None
    assert found.usd is not None
    assert found.usd == pytest.approx(10 * found.tokens_in * 0.1 / 1e6, rel=0.01)


def test_the_limits_of_the_file_hold_the_time_and_so_does_what_the_service_told(clean_place: Path) -> None:
    questions_csv(clean_place, *[f"q{number}" for number in range(60)])
    found = estimated(lane("m", limits=Limits(rpm=1)))
    assert found is not None
    assert found.seconds == pytest.approx(3600)
    told = lane("m")
    told.closure = Closure("spent", quota=20)
    found = estimated(told)
    assert found is not None
    assert found.seconds == pytest.approx(3 * 86_400)


# --- A row's price ---------------------------------------------------------------------------------------------


def test_without_a_q_csv_a_typical_row_is_priced_and_a_longer_prompt_costs_more() -> None:
    short, long = usd(row_price()), usd(row_price(prompt="x" * 40_000))
    assert 0.001 < short < 0.01
    assert long == pytest.approx(short + 10_000 / 1e6, rel=0.05)
    assert not list(Path().iterdir())


def test_a_row_is_priced_by_q_csv_and_by_the_answers_so_far(clean_place: Path) -> None:
    before = usd(row_price())
    questions_csv(clean_place, "", "x" * 40_000, "")
    assert usd(row_price()) == pytest.approx(before + 10_000 / 1e6, rel=0.05)
    questions_csv(clean_place, "w" * 101)
    write_lines(JOURNAL, past("other", completion_tokens=9_000) + past(completion_tokens=500))
    assert usd(row_price()) == pytest.approx((1000 * 1.0 + 500 * 2.0) / 1e6, rel=0.05)
    assert usd(row_price("other")) == pytest.approx((1000 * 1.0 + 9_000 * 2.0) / 1e6, rel=0.05)
    assert usd(row_price(samples=3)) == pytest.approx(0.006, rel=0.05)


def test_a_price_that_is_not_known_is_called_unknown_and_one_of_nothing_nothing() -> None:
    assert row_price("nobody-knows", None) == "price unknown"
    assert row_price(price=Price(Rate(0, 0))) == "about 0 USD a row"


def test_the_price_of_now_counts_and_a_peak_is_told(clock: list[datetime]) -> None:
    stand_in = lane("deepseek-flash", is_deepseek=True).endpoint
    cheap = RowPrices(load({}, {})).at(stand_in)
    clock[0] = DEAR
    dear = RowPrices(load({}, {})).at(stand_in)
    assert dear.endswith(" a row at the peak price of now")
    assert float(dear.split()[1]) == pytest.approx(2 * usd(cheap))


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff\xfe\xff", b"question\n" + b"\xe9" * 9, b'question\n"open', b"question\na,b,c\n", b"\0" * 99,
     b"question,question\nx,y\n", b'question,messages\n,"[[[["\n'],
    ids=repr,
)  # fmt: skip
def test_a_broken_q_csv_is_as_none(clean_place: Path, data: bytes) -> None:
    typical = usd(row_price())
    (clean_place / "q.csv").write_bytes(data)
    assert usd(row_price()) == pytest.approx(typical, rel=0.05)
    assert [path.name for path in clean_place.iterdir()] == ["q.csv"]


def test_a_q_csv_that_breaks_off_half_way_is_as_none_and_a_folder_too(clean_place: Path) -> None:
    typical = row_price()
    (clean_place / "q.csv").write_bytes(b"question\n" + b"x" * 9000 + b'\n"open')
    assert row_price() == typical
    (clean_place / "q.csv").unlink()
    (clean_place / "q.csv").mkdir()
    JOURNAL.mkdir(parents=True)
    assert row_price() == typical


def test_damaged_lines_of_the_journal_are_passed_over(clean_place: Path) -> None:
    data = write_lines(JOURNAL, past(count=1))
    JOURNAL.write_bytes(b"\xff\n{}\n[]\nnull\n" + b"[" * 9999 + b'\n{"metadata": 7}\n' + data + data[:40])
    assert usd(row_price()) == pytest.approx(0.0012, rel=0.05)


def test_only_the_beginning_of_a_large_q_csv_is_looked_at(
    clean_place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions_csv(clean_place, *itertools.repeat("x", 5000))
    seen: list[Question] = []
    filled = Prompt.messages

    def counted(prompt: Prompt, one: Question) -> Messages:
        seen.append(one)
        return filled(prompt, one)

    monkeypatch.setattr(Prompt, "messages", counted)
    row_price()
    assert 1 <= len(seen) <= 100


# --- Pictures ------------------------------------------------------------------------------------------------


def test_pictures_of_earlier_answers_count_in_what_those_tell_of_further_ones() -> None:
    """A prompt of 1,000 tokens is a picture's where a picture was asked about, and not the text's."""
    lines = "".join(f"{'w' * 100}{number},cat.png\n" for number in range(200))
    Path("q.csv").write_text("question,image\n" + lines, encoding="utf-8")
    came: list[int] = []
    for image in ("", "cat.png"):
        asked = [question("w" * 20, image=image, number=number) for number in range(5)]
        figures: dict[str, Any] = {"prompt_tokens": 1000, "cached_tokens": 0, "completion_tokens": 100}
        stood = [answer(one, reply(**figures), endpoint="p/none/asked-for") for one in asked]
        write_lines(JOURNAL, [answers.as_record(one) for one in stood])
        found = estimated()
        assert found is not None
        came.append(found.tokens_in)
    assert came[0] > came[1] * 1.5
