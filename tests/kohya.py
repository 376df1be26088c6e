"""A loader by the rules of kohya's sd-scripts (`glob_images_pathlib`, `read_caption` in library/train_util.py at 48d368fa).

It finds the pictures of one flat folder by their endings, reads each one's caption file as strict UTF-8, fails where it is
missing or empty, and takes its first line.
"""

import glob
import os
from pathlib import Path

ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".avif", ".jxl")
ALL_ENDINGS = (*ENDINGS, *(ending.upper() for ending in ENDINGS))


def load(folder: Path, caption_extension: str = ".txt") -> dict[str, str]:
    """The caption of each picture, by file name. Raises as the loader does: AssertionError, UnicodeDecodeError."""
    found = [
        path
        for ending in ALL_ENDINGS
        for path in glob.glob(os.path.join(glob.escape(str(folder)), "*" + ending))
    ]
    return {os.path.basename(path): _caption(path, caption_extension) for path in sorted(set(found))}


def _caption(picture: str, extension: str) -> str:
    base = os.path.splitext(picture)[0]
    tokens = base.split("_")
    candidates = [base, "_".join(tokens[:-4]) if len(tokens) >= 5 else base]
    for candidate in candidates:
        if os.path.isfile(candidate + extension):
            with open(candidate + extension, encoding="utf-8") as file:
                lines = file.readlines()
            assert len(lines) > 0, f"caption file is empty: {candidate}{extension}"
            return lines[0].strip()
    raise AssertionError(f"no caption file and no class tokens: {picture}")
