"""The columns that values get in Parquet and Arrow: each holds every value exactly."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dset.exports import columns, shapes, tables
from dset.exports.columns import Column
from dset.exports.shapes import Shape
from tests.exporting import exported, whole


def column_of(*values: Any, schema: dict[str, Any] | None = None) -> Column:
    shape = shapes.from_schema(schema) if schema else Shape()
    for value in values:
        shapes.observe(shape, value, 1)
    return columns.of(shape)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([None, None], "text"),
        ([], "text"),
        ([True, None], "bool"),
        ([1, -(2**63), 2**63 - 1], "int"),
        ([2**63], "json"),
        ([1, 0.5], "float"),
        ([2**53 + 1, 0.5], "json"),
        ([True, 1], "json"),
        (["a", 1], "json"),
        (["a", ["a"]], "json"),
        ([[], None], "list"),
        ([{}, None], "json"),
        ([{}, {"a": None}], "struct"),
        ([{str(n): n} for n in range(300)], "json"),
    ],
)
def test_the_kind_of_a_column_is_what_holds_every_value(values: list[Any], kind: str) -> None:
    assert column_of(*values).kind == kind


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"type": "integer"}, "int"),
        ({"type": "number"}, "float"),
        ({"type": ["string", "null"]}, "text"),
        ({"type": ["string", "integer"]}, "json"),
        ({"enum": ["a", "b", None]}, "text"),
        ({"const": 3}, "int"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "int"),
        ({"oneOf": [{"type": "integer"}, {"type": "array"}]}, "json"),
        ({"type": "array", "items": {"type": "string"}}, "list"),
        ({"type": "object"}, "json"),
        (
            {
                "type": "object",
                "properties": {"m": {"type": "object", "additionalProperties": {"type": "string"}}},
            },
            "struct",
        ),
        ({"type": 3, "enum": 4, "anyOf": "x", "properties": [], "items": 5, "$ref": 6}, "int"),
        ({"type": "object", "additionalProperties": {"type": "string"}}, "json"),
        ({"type": "object", "properties": {"a": {}}}, "struct"),
        ({"$ref": "#/$defs/n", "$defs": {"n": {"type": "integer"}}}, "int"),
        ({"$ref": "#/$defs/~1x", "$defs": {"/x": {"type": "boolean"}}}, "bool"),
        ({"$ref": "https://example.org/x"}, "text"),
        ({"$ref": "#"}, "text"),
        (True, "text"),
    ],
)
def test_a_schema_gives_the_column_where_the_data_say_nothing(schema: Any, kind: str) -> None:
    assert columns.of(shapes.from_schema(schema)).kind == kind


def test_data_that_the_schema_did_not_foresee_widen_the_column() -> None:
    assert column_of(2**70, schema={"type": "integer"}).kind == "json"
    assert column_of(5, schema={"type": "number"}).kind == "float"
    assert column_of("x", schema={"type": "number"}).kind == "json"


def test_a_schema_that_points_to_itself_ends() -> None:
    below = {"$ref": "#/$defs/node"}
    node = {
        "type": "object",
        "properties": {"left": below, "right": below, "n": {"type": "integer"}, "more": {"items": below}},
    }
    column = columns.of(shapes.from_schema({"$ref": "#/$defs/node", "$defs": {"node": node}}))
    assert column.kind == "struct"
    tables.schema_of(column)


def test_what_is_nested_beyond_every_level_is_json_text_at_the_bottom(tmp_path: Path) -> None:
    deep: Any = "end"
    for level in range(400):
        deep = [deep] if level % 2 else {"a": deep}
    source = tmp_path / "x.jsonl"
    source.write_text(json.dumps({"deep": deep, "n": 1}) + "\n")
    formats = ("json", "jsonl", "csv", "parquet", "arrow", "hf")
    made = dict(zip(formats, exported(source, *formats), strict=True))
    (found,) = pq.read_table(made["parquet"]).to_pylist()
    value, depth = found["deep"], 0
    while not isinstance(value, str):
        value, depth = value[0] if isinstance(value, list) else value["a"], depth + 1
    bottom: Any = deep
    for _ in range(depth):
        bottom = bottom[0] if isinstance(bottom, list) else bottom["a"]
    assert depth > 10
    assert json.loads(value) == bottom
    assert json.loads(made["jsonl"].read_bytes()) == {"deep": deep, "n": 1}


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


def restored(value: Any, column: Column) -> Any:
    """What stood in the entry, from what stands in the column."""
    if value is None:
        return None
    if column.kind == "json":
        return json.loads(value)
    if column.kind == "list" and column.item:
        return [restored(one, column.item) for one in value]
    return {name: restored(value[name], one) for name, one in column.fields} if column.fields else value


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.dictionaries(st.sampled_from(["a", "b", "ค", ""]), values, min_size=1), min_size=1, max_size=5
    )
)
def test_any_json_comes_back_from_parquet_and_arrow(
    tmp_path_factory: pytest.TempPathFactory, records: list[Any]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    source = folder / "x.jsonl"
    source.write_text("".join(json.dumps(one) + "\n" for one in records))
    shape = Shape(kinds={"object"})
    for one in records:
        shapes.observe(shape, json.loads(json.dumps(one).encode("utf-8", "replace")))
    struct = columns.of(shape)
    parquet, arrow = exported(source, "parquet", "arrow", exports=folder / "exports")
    for found in (pq.read_table(parquet).to_pylist(), pa.ipc.open_file(arrow).read_all().to_pylist()):
        assert [whole(restored(one, struct)) for one in found] == [whole(one) for one in records]
