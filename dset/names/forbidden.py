"""Names that no caption may contain, found in any spelling and in other scripts than they are listed in.

Within one script a name is found as a word only: in any case, width and accent, with figures and look-alikes for its
letters, letters doubled or single, cut up by blanks, hyphens and dots. A name of three letters must be spelt right, its
accents too. In another script it is found by its sound; a short one only where it stands as a word, or in scripts
without blanks between blanks. Han characters tell no sound: such names match as they stand, simplified or traditional
only where both are listed. A name that is also a common word (Sky, Ash) refuses the word.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from dset.errors import UsageError
from dset.names import likeness, parts, spellings
from dset.names.parts import Part, Spelling
from dset.names.sounds import sounds

_LONGEST = 200  # characters of a name; more is no list of names


@dataclass(frozen=True, slots=True, eq=False)
class Names:
    """The names of a file, made ready to be looked for."""

    names: tuple[str, ...]  # the first spelling of each line, as the file has it
    _written: dict[tuple[str, str], list[Spelling]]  # script and loose key
    _spoken: dict[str, list[Spelling]]  # by skeleton
    _inside: tuple[Spelling, ...]  # those that are looked for within the words of a text
    _longest: int  # characters of a part of a text that may be one of them

    @classmethod
    def read(cls, path: Path) -> Self:
        """Raises UsageError that names the file and the line for what is no list of names.

        UTF-8, a name a line, several spellings of it between `|`; what stands behind a `#` is left out.
        """
        try:
            text = path.read_bytes().decode("utf-8-sig")
        except OSError as error:
            raise UsageError(f"{path}: cannot be read ({error.strerror})") from None
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            raise UsageError(f"{path}: line {line} is not UTF-8: save the file as UTF-8") from None
        return cls.of(text, str(path))

    @classmethod
    def of(cls, text: str, place: str = "names") -> Self:
        """The names in the text of such a file; `place` is what an error calls it."""
        found: dict[str, list[Spelling]] = {}
        for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
            listed = [one.strip() for one in line.partition("#")[0].split("|")]
            if not any(listed):
                continue
            name = next(filter(None, listed))
            for one in filter(None, listed):
                if len(one) > _LONGEST:
                    raise UsageError(f"{place}: line {number} is longer than a name: write a name a line")
                if not (spelling := parts.spelling(one, name)):
                    raise UsageError(f"{place}: line {number}: {one!r} has no letter: write a name a line")
                found.setdefault(name, []).append(spelling)
        return cls(tuple(found), *_sorted([one for several in found.values() for one in several]))

    def found(self, text: str) -> tuple[str, ...]:
        """The names in a text, as the file has them and in its order: of a line with several the first one."""
        folded = spellings.fold(text)
        hits = {one.name for one in self._inside if one.script == "CJK" and one.text in folded}
        for part in parts.parts(text, self._longest):
            hits.update(one.name for one in self._whole(part) if one.name not in hits)
            for _, letters in part.readings if part.is_run else ():
                sound = sounds(letters)
                hits.update(one.name for one in self._inside if one.name not in hits and part.has(one, sound))
        return tuple(name for name in self.names if name in hits)

    def _whole(self, part: Part) -> Iterator[Spelling]:
        """The spellings that a part of the text is, as a whole."""
        for script, letters in part.readings:
            key = spellings.key(letters, script)
            for one in self._written.get((script, spellings.loose(key)), ()):
                if one.is_spelt(part, key):
                    yield one
            for ending in parts.PLURALS if script == "LATIN" else ():
                for one in self._written.get((script, spellings.loose(key.removesuffix(ending))), ()):
                    if (
                        key.endswith(ending)
                        and len(one.key) > 4
                        and one.is_spelt(part, key.removesuffix(ending))
                    ):
                        yield one
            if part.is_close:
                yield from self._alike(script, sounds(letters), part)

    def _alike(self, script: str, sound: str, part: Part) -> Iterable[Spelling]:
        for one in self._spoken.get(likeness.skeleton(sound), ()):
            if one.script != script and one.may_join(part) and one.sounds_like(sound, script):
                yield one


def _sorted(
    every: Iterable[Spelling],
) -> tuple[dict[tuple[str, str], list[Spelling]], dict[str, list[Spelling]], tuple[Spelling, ...], int]:
    written, spoken = defaultdict(list), defaultdict(list)
    several = list(every)
    for one in several:
        written[one.script, spellings.loose(one.key)].append(one)
        if one.sound:
            spoken[likeness.skeleton(one.sound)].append(one)
    longest = max((len(one.sound or one.key) for one in several), default=0)
    return dict(written), dict(spoken), tuple(several), 2 * longest + 4
