"""Which of the sources that --source names can be searched here."""

import importlib.util
import sys
from collections.abc import Callable, Sequence

from dset.errors import UsageError
from dset.keys import Secrets, is_placeholder
from dset.scraping import engines
from dset.scraping.pexels import Pexels
from dset.scraping.pixabay import Pixabay
from dset.scraping.searching import Api

_HOME = {"PEXELS_API_KEY": "https://www.pexels.com/api/", "PIXABAY_API_KEY": "https://pixabay.com/api/docs/"}
_INSTALL = f'"{sys.executable}" -m pip install ddgs'


def apis() -> dict[str, Api]:
    """The services with a key, by name."""
    return {one.name: one for one in (Pexels(), Pixabay())}


def usable(names: Sequence[str], secrets: Secrets, tell: Callable[[str], None]) -> tuple[str, ...]:
    """Those that can be searched; `tell` takes a line for each that cannot. Raises UsageError where none is left."""
    found, missing = [], []
    known = apis()
    for name in names:
        if name in known and not _has_key(known[name].key_name, secrets):
            missing.append(f"{name} is left out: {known[name].key_name} is not set in .env")
        elif name in engines.NAMES and importlib.util.find_spec("ddgs") is None:
            missing.append(f"{name} is left out: it needs the package ddgs ({_INSTALL})")
        else:
            found.append(name)
    if not found:
        variables = ", ".join(f"{one.key_name} ({_HOME[one.key_name]})" for one in known.values())
        raise UsageError(
            f"no source can be searched: {'; '.join(missing)}. Put a key into .env: {variables}; "
            "duckduckgo and bing need none, but the package ddgs"
        )
    for line in missing:
        tell(line)
    return tuple(found)


def _has_key(name: str, secrets: Secrets) -> bool:
    key = secrets.get(name)
    return key is not None and not is_placeholder(key)
