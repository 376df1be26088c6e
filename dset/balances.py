"""What a service tells of the money that is left, in words. Pure.

Sources: https://api-docs.deepseek.com/zh-cn/api/get-user-balance.md (amounts are texts, several currencies),
https://openrouter.ai/docs/api-reference/limits (`data.limit_remaining`, null without a limit).
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from dset.cleaning import clean

_MOST = 4  # currencies
_LARGEST = 10**12  # USD


def read(body: bytes) -> str:
    """The balance in the body of a page, '' where it tells none."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    return ", ".join(_amounts(document)) if isinstance(document, dict) else ""


def _amounts(document: dict[str, Any]) -> Iterator[str]:
    infos = document.get("balance_infos")
    for info in infos[:_MOST] if isinstance(infos, list) else []:
        amount, currency = (
            (info.get("total_balance"), info.get("currency")) if isinstance(info, dict) else (0, 0)
        )
        if isinstance(amount, str) and re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,9})?", amount):
            yield f"{amount} {clean(currency, 10) if isinstance(currency, str) else ''}".strip()
    if document.get("is_available") is False:
        yield "too little for a request"
    data = document.get("data")
    left = data.get("limit_remaining") if isinstance(data, dict) else None
    if isinstance(left, int | float) and not isinstance(left, bool) and abs(left) < _LARGEST:
        yield f"{left:.2f} USD left of the key's limit"
