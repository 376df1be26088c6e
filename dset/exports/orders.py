"""What `export` and `task --format` are told on the command line, as an export takes it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dset.exports.options import Options
from dset.settings import Settings


def read(settings: Settings, options: Mapping[str, Any], sources: tuple[Path, ...]) -> Options:
    """The options of an export of these sources."""
    return Options(
        sources=sources,
        formats=options["format"],
        split=options["split"],
        seed=options["seed"],
        out=options["out"],
        exports=settings.output / "exports",
        license=options["license"],
        push=options["push"],
        public=options["public"],
        token=settings.secrets.get("HF_TOKEN") or "",
        near=options["near"],
    )
