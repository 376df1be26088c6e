"""A record of the journal becomes the entries of a dataset, in the form that the README shows."""

from collections.abc import Iterable, Mapping
from typing import Any

from dset import contents, tallies
from dset.exports.origins import Origin

Entry = dict[str, Any]
OUR_OWN = frozenset({"id", "metadata"})  # fields of an entry that no record may have
_PLAIN = ("id", "question", "image", "messages", "thoughts", "final_answer", "metadata")
_FIGURES = ("finish_reason", "prompt_tokens", "completion_tokens", "cost_usd", "run")


def of_task(origin: Origin, record: Mapping[str, Any]) -> list[Entry]:
    """The entries of a task's answer: several where several records were asked for at once, none where it has no data."""
    about, data = record["metadata"], record["response"].get("data")
    asked = about.get("columns") or {}
    metadata = _source(about) | {
        "lang": origin.lang,
        "task": origin.task,
        "seed": origin.seed,
        "schema_version": origin.schema_version,
        "parameters": {name: asked[name] for name in origin.parameters if name in asked},
        "row": about.get("row"),
    }
    if about.get("image"):  # whose picture it is, and under which licence it stands
        metadata["picture"] = {name: cell for name, cell in asked.items() if cell}
    found = []
    for number, one in enumerate(_records(origin, data), 1):
        renamed = {f"record_{key}" if key in OUR_OWN else key: value for key, value in one.items()}
        id_ = _id(about)
        found.append({"id": id_ if number == 1 else f"{id_}-{number}", **renamed, "metadata": metadata})
    return found


def _records(origin: Origin, data: Any) -> Iterable[Entry]:
    if not isinstance(data, dict):
        return ()
    known = (origin.schema or {}).get("properties") or {}
    several = {"records", "slots"} <= data.keys() <= {"records", "slots", "lost"}
    if several and "slots" not in known and isinstance(data["records"], list):
        return [one for one in data["records"] if isinstance(one, dict)]
    return (data,)


def of_run(record: Mapping[str, Any], data_names: frozenset[str]) -> Entry:
    """The entry of a plain run's answer. `data_names`: the fields of `data` in any answer of the journal.

    A field whose name is taken gets `data_` before it, then a column of the user's `q_`.
    """
    about, response = record["metadata"], record["response"]
    entry: Entry = {"id": _id(about), "question": about.get("question")}
    entry |= {name: about[name] for name in ("image", "messages") if name in about}
    entry |= {"thoughts": response.get("reasoning"), "final_answer": response.get("answer")}
    taken = {*_PLAIN, *(_free(name, "data_", _PLAIN) for name in data_names)}
    for name, cell in (about.get("columns") or {}).items():
        name = _free(name, "q_", taken)  # noqa: PLW2901 - the name it has here
        taken.add(name)
        entry[name] = cell
    data = response.get("data")
    if isinstance(data, dict):
        entry |= {_free(name, "data_", _PLAIN): value for name, value in data.items()}
    figures = {name: about.get(name) for name in _FIGURES}
    if "sample" in about:
        figures["sample"] = about["sample"]
    entry["metadata"] = _source(about) | {"row": about.get("row")} | figures
    return entry


def _free(name: str, prefix: str, taken: Iterable[str]) -> str:
    while name in taken:
        name = prefix + name
    return name


def _id(about: Mapping[str, Any]) -> str:
    """The id of the line; the original tool's lines have none, and get the one that the run knows them by."""
    stands = about.get("id")
    return stands if isinstance(stands, str) and stands else contents.identity(*tallies.identify(about))


def _source(about: Mapping[str, Any]) -> Entry:
    source = {"model": about.get("model"), "endpoint": about.get("endpoint")}
    return {"source": source, "created_at": about.get("timestamp")}
