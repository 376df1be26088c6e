"""What a service tells of the money that is left, in words. Pure.

Sources: https://api-docs.deepseek.com/zh-cn/api/get-user-balance.md (amounts are texts, several currencies),
https://openrouter.ai/docs/api-reference/limits (`data.limit_remaining`, null without a limit).
"""

import json
from collections.abc import Iterator
from typing import Any

from dset.cleaning import clean


def read(body: bytes) -> str:
    """The balance in the body of a page, '' where it tells none."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    return ", ".join(_amounts(document)) if isinstance(document, dict) else ""


def _amounts(document: dict[str, Any]) -> Iterator[str]:
    infos = document.get("balance_infos")
    for info in infos if isinstance(infos, list) else []:
        if isinstance(info, dict) and "total_balance" in info:
            yield clean(f"{info['total_balance']} {info.get('currency', '')}", 40)
    if document.get("is_available") is False:
        yield "too little for a request"
    data = document.get("data")
    left = data.get("limit_remaining") if isinstance(data, dict) else None
    if isinstance(left, int | float) and not isinstance(left, bool):
        yield f"{left:.2f} USD left of the key's limit"
