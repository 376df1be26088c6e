"""All sources read once: their entries on disk in order, and their types."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dset.errors import UsageError
from dset.exports import merging, shapes, sources
from dset.exports.entries import OUR_OWN
from dset.exports.origins import Origin
from dset.exports.shapes import Shape
from dset.exports.spool import Spool
from dset.wording import counted

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Gathered:
    """What is to be exported."""

    origins: tuple[Origin, ...]
    spool: Spool
    shape: Shape  # of an entry; without fields where no format asked for types
    label: str  # the tasks' label field, '' where there is none

    @property
    def name(self) -> str:
        """Of the task, folder or file; of all of them where there are several."""
        return "-".join(dict.fromkeys(origin.name for origin in self.origins))


def gather(origins: Sequence[Origin], spool: Spool, tell: Tell, *, typed: bool) -> Gathered:
    """Read every source. Raises UsageError: damage by its place, tasks that do not fit together, nothing to export."""
    merging.check_schemas(origins)
    labels = {origin.label for origin in origins if origin.label}
    typed = typed or len(origins) > 1
    found = [(origin, _take(origin, spool, tell, typed=typed)) for origin in origins]
    if not spool.order:
        raise UsageError(
            f"there is nothing to export: no answer stands in {', '.join(str(one.path) for one in origins)}"
        )
    known = [(origin, _schema_shape(origin)) for origin in origins]
    spool.name_fields(_named(known), ["metadata"] if all(origin.is_journal for origin in origins) else [])
    shape = _whole_shape(spool.fields, [*(shape for _, shape in known), *(shape for _, shape in found)])
    if len(origins) > 1:
        merging.tell_conflicts(found, tell)
        dropped, renamed = merging.settle_ids(spool)
        if dropped or renamed:
            tell(
                f"ids that several sources have: {counted(dropped, 'equal entry', 'equal entries')} kept once, {renamed:,} renamed"
            )
    _tell_changes(spool, tell)
    return Gathered(tuple(origins), spool, shape, labels.pop() if len(labels) == 1 else "")


def _take(origin: Origin, spool: Spool, tell: Tell, *, typed: bool) -> Shape:
    shape, count = Shape(kinds={"object"}), len(spool.offsets)
    for row, sample, entry in sources.read(origin, tell):
        try:
            spool.add(row, sample, entry)
        except RecursionError:
            place = f"entry {len(spool.offsets) - count + 1}"
            raise UsageError(f"{origin.path}: {place} is nested too deeply to be exported") from None
        if typed:
            shapes.observe(shape, entry)
    spool.end_source()
    tell(f"{origin.path}: {counted(len(spool.offsets) - count, 'entry', 'entries')}")
    return shape


def _schema_shape(origin: Origin) -> Shape:
    """What the task's schema says of its entries, under the names that the fields have in them."""
    shape = shapes.from_schema(origin.schema)
    fields = {f"record_{name}" if name in OUR_OWN else name: one for name, one in shape.fields.items()}
    return Shape(kinds={"object"}, fields=fields)


def _named(known: Sequence[tuple[Origin, Shape]]) -> list[str]:
    """The fields that stand first: the id, then those of the schemas in their order."""
    names = [name for _, shape in known for name in shape.fields]
    return ["id", *names] if names else []


def _whole_shape(fields: Sequence[str], known: Sequence[Shape]) -> Shape:
    """What an entry holds: the schemas' types where there are any, widened by the data."""
    whole = Shape(kinds={"object"}, fields={name: Shape() for name in fields})
    for shape in known:
        shapes.merge(whole, shape)
    return whole


def _tell_changes(spool: Spool, tell: Tell) -> None:
    if spool.mended:
        tell(
            f"{counted(spool.mended, 'entry', 'entries')} held half a character, which UTF-8 cannot: it is U+FFFD now"
        )
    if spool.blanked:
        tell(
            f"{counted(spool.blanked, 'entry', 'entries')} held NaN or Infinity, which JSON cannot: it is null now"
        )
