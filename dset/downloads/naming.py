"""The names of downloaded pictures: our own, with nothing of a URL or a title in them."""

import hashlib

from dset.downloads.kinds import EXTENSIONS


def name(data: bytes, kind: str) -> str:
    """The first 16 hex digits of the content's SHA-256, and the extension of its kind (kinds.kind).

    Equal contents have one name. Whoever means to can make two contents with one name (2**32 tries): what is there
    already is compared before it counts as the same. Raises KeyError for a kind that is not taken.
    """
    return hashlib.sha256(data).hexdigest()[:16] + EXTENSIONS[kind]
