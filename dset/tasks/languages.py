"""Stand-in."""


def name(code: str) -> str:
    return {"th": "Thai", "en": "English", "vi": "Vietnamese"}.get(code, code)


def is_known(code: str) -> bool:
    return code in {"th", "en", "vi", "zh"}


def fault(text: str, code: str) -> str:
    return ""
