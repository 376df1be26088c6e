"""What is said to the models about captions, and a yes or no read out of an answer.

A text may hold what the user wrote (trigger, condition), braces too. `templates` replaces only braces that name a
column of the queue, and has no way to quote them: put such a text into a cell, which is never looked at for braces,
or refuse what `taken_for_columns` finds.
"""

import re
from collections.abc import Sequence

from dset import templates
from dset.captions import tidying
from dset.tasks import languages

_YES = "yes yeah yep true correct ja oui si sí sì da да так evet ใช่ có đúng 是 对 對 はい 네 예 نعم हाँ हां".split()
_NO = "no nope not false incorrect nein non nee нет ні hayır không sai ไม่ 否 不 没有 沒有 いいえ 아니요 아니오 لا नहीं".split()
_EITHER = "|".join(map(re.escape, sorted({*_YES, *_NO}, key=len, reverse=True)))
_BEFORE = re.compile(r"\A(?:(?:the |my )?answer(?: is)?|คำตอบ(?:คือ)?|答案(?:是)?|ответ)\s*[:：]?\s*")
# Begins with yes or no and is neither: both words, the question said again, or "not sure".
_UNCLEAR = re.compile(
    rf"(?:{_EITHER})\W*(?:and|or|y|o|et|ou|und|oder|и|или|và|hay|hoặc|และ|หรือ|或|和|/)\W*(?:{_EITHER})(?!\w)"
    r"|是不是|不是是|ใช่ไหม|không rõ|không chắc|không biết|ไม่แน่|ไม่ทราบ|ไม่รู้|ไม่ชัด|不确定|不確定|不清楚|不知道"
    r"|(?:not|non|no|nicht) (?:sure|certain|clear|idea|possible|enough|entirely|applicable|way to)\b|нет уверенности"
)


def captioning(trigger: str, words: tuple[int, int] | None, lang: str) -> str:
    """The built-in prompt, a text for a file that the user edits. `lang` is a code; without a trigger none is asked."""
    language = languages.name(lang)
    simple = f"in simple {language} of level A2 to B1"
    length = f", {_range(words)} words long" if words else ""
    begins = f'\nBegin with "{trigger}" and a blank, exactly as it stands here.\n' if trigger else "\n"
    return (
        f"Write a caption for this picture: a single phrase with commas, {simple}{length}.\n"
        f"{begins}"
        "Where people are seen, say their age, gender, expression, clothing and posture; then the background, the "
        "light and the mood.\n"
        "For a landscape or objects without people, say what is there and where, then the light and the mood.\n"
        "Say only what can be seen. Name no character, no film and no other title.\n"
        "No full stop, no line break, no quotation marks, no markup. Answer with the caption and nothing else.\n"
    )


def keeping(condition: str) -> str:
    """The yes/no question of `--keep-if`; the condition stands in it as the user wrote it."""
    return f"Is this true of the picture? {condition}\nAnswer with one word: yes or no."


def translating(lang: str, trigger: str) -> str:
    """What stands above a caption that is to be translated into the language of the code `lang`."""
    language = languages.name(lang)
    keeps = f'Keep "{trigger}" at the beginning as it stands, with a blank behind it. ' if trigger else ""
    return (
        f"Translate the picture caption that follows into {language}. {keeps}"
        f"Use natural {language} words as a native speaker would write them, and write no foreign word in "
        f"{language} letters where {language} has a word of its own. "
        "Keep it a single phrase without a full stop. Answer with the translated caption and nothing else."
    )


def again(faults: Sequence[str]) -> str:
    """What a model is told whose caption was refused; `faults` as `rules.faults` names them."""
    listed = "\n".join(f"- {fault}" for fault in faults)
    return (
        f"This caption cannot be taken:\n{listed}\nWrite it again. Answer with the caption and nothing else."
    )


def verdict(answer: str) -> bool | None:
    """Yes or no, in several languages, whatever stands behind it; None where the answer does not say."""
    text = re.sub(r"\A[\W_]+", "", tidying.tidy(answer).casefold())
    text = re.sub(r"\A[\W_]+", "", _BEFORE.sub("", text))
    if _UNCLEAR.match(text):
        return None
    yes, no = _begins_with(text, _YES), _begins_with(text, _NO)
    return None if yes == no else yes > no


def _begins_with(text: str, words: Sequence[str]) -> int:
    """How long the longest of these words is that `text` begins with; 0 for none."""
    return max((len(word) for word in words if text.startswith(word) and _ends(text, word)), default=0)


def _ends(text: str, word: str) -> bool:
    """No letter follows; Thai, Chinese and Japanese write on without a blank."""
    rest = text[len(word) :]
    return not rest or not rest[0].isalnum() or "\u0e00" <= word[0] <= "\u0e7f" or word[0] >= "\u3000"


def taken_for_columns(text: str, columns: Sequence[str]) -> tuple[str, ...]:
    """The columns whose names stand in braces in the user's text: a template would put cells in their place."""
    return templates.parse(text, columns).columns


def _range(words: tuple[int, int]) -> str:
    low, high = words
    return f"{low}" if low == high else f"{low} to {high}"
