"""A task file in the older form as such files are: 34 tasks, every kind of field, Thai labels."""

from typing import Any

Node = dict[str, Any]


def text(description: str = "", *, least: int = 1, most: int = 2000, required: bool = True) -> Node:
    length = {"Length": {"min": least, "max": most}}
    return {"field_type": "Text", "required": required, "description": description, "constraints": [length]}


def enum(*values: str, required: bool = True) -> Node:
    return {"field_type": {"Enum": list(values)}, "required": required, "description": "", "constraints": []}


def number(least: float, most: float) -> Node:
    bounds = {"Range": {"min": least, "max": most}}
    return {"field_type": "Number", "required": True, "description": "", "constraints": [bounds]}


def array(of: Any, least: int = 1, most: int | None = None) -> Node:
    length = {"Length": {"min": least, "max": most}}
    return {"field_type": {"Array": of}, "required": True, "description": "", "constraints": [length]}


def task(fields: Node, example: Node, **parameters: Node) -> Node:
    return {
        "schema": {"fields": fields},
        "examples": [example],
        "parameters": parameters or {"topic": choice("อาหาร", "การเดินทาง", "การเงิน")},
    }


def choice(*values: str, default: str | None = None) -> Node:
    found = {"param_type": "enum", "enum_values": list(values), "default": default, "required": False}
    return found | {"description": "what it is about"}


PERSON = {"Object": {"fields": {"name": text(most=80), "age": number(0, 120)}}}
ENTITY = {
    "Object": {
        "fields": {
            "text": text(most=80),
            "start": {"field_type": "Integer", "required": True, "constraints": [{"Range": {"min": 0}}]},
            "end": {
                "field_type": "integer",
                "required": True,
                "constraints": [{"range": {"min": 1, "max": None}}],
            },
            "label": enum("บุคคล", "สถานที่", "องค์กร"),
        }
    }
}
# Thai labels as such files have them: the words that a record is sorted by.
CLASSES: dict[str, tuple[str, tuple[str, ...]]] = {
    "sentiment_thai": ("sentiment", ("บวก", "ลบ", "กลาง")),
    "news_topic": ("category", ("การเมือง", "เศรษฐกิจ", "กีฬา", "บันเทิง")),
    "intent_bank": ("intent", ("เปิดบัญชี", "ปิดบัญชี", "สอบถามยอด")),
    "emotion": ("emotion", ("ดีใจ", "เสียใจ", "โกรธ", "กลัว")),
    "toxicity": ("label", ("สุภาพ", "หยาบคาย")),
    "spam": ("label", ("spam", "ham")),
    "urgency": ("label", ("ด่วนมาก", "ด่วน", "ปกติ")),
    "department": ("class", ("ขาย", "บัญชี", "ไอที")),
    "dialect": ("label", ("กลาง", "เหนือ", "อีสาน", "ใต้")),
    "formality": ("label", ("ทางการ", "กึ่งทางการ", "ไม่เป็นทางการ")),
    "product_review": ("sentiment", ("positive", "negative", "neutral")),
    "sarcasm": ("label", ("ประชด", "ไม่ประชด")),
    "claim_check": ("label", ("จริง", "เท็จ", "ไม่แน่ใจ")),
    "clickbait": ("label", ("clickbait", "ปกติ")),
    "reading_level": ("difficulty", ("ง่าย", "กลาง", "ยาก")),
}
PAIRS = "summarization paraphrase simplification headline_writing grammar_correction style_transfer".split()


def file() -> dict[str, Node]:
    """The 34 tasks by name; nothing is wrong in them."""
    return _classes() | _pairs() | _structured() | _odd_spellings()


def _classes() -> dict[str, Node]:
    return {
        name: task({"text": text(least=5), field: enum(*values)}, {"text": "ข้อความตัวอย่าง", field: values[0]})
        for name, (field, values) in CLASSES.items()
    }


def _pairs() -> dict[str, Node]:
    fields = {"source": text(least=3), "target": text(least=3)}
    example = {"source": "ฝนตกหนักทั่วกรุงเทพฯ", "target": "กรุงเทพฯ ฝนตกหนัก"}
    return {name: task(dict(fields), dict(example)) for name in PAIRS}


def _structured() -> dict[str, Node]:
    entity = {"text": "สมชาย", "start": 0, "end": 5, "label": "บุคคล"}
    steps = array({"Object": {"fields": {"step": text(), "result": number(-1e9, 1e9)}}}, 1, 10)
    turn = {"Object": {"fields": {"role": enum("user", "assistant"), "content": text()}}}
    email = {"field_type": "Text", "required": False, "constraints": [{"Format": "email"}]}
    phone = {"field_type": "Text", "required": True, "constraints": [{"Pattern": "^0[0-9]{8,9}$"}]}
    contact = {"name": "มานี", "email": "manee@example.com", "phone": "0812345678"}
    mcq = {
        "question": text(),
        "choices": array("Text", 4, 4),
        "answer": text(),
        "difficulty": enum("easy", "hard"),
    }
    asked = {"question": "1+1=?", "choices": ["1", "2", "3", "4"], "answer": "2", "difficulty": "easy"}
    nested = array({"Object": {"fields": {"dish": text(), "ways": array(array("Text", 1, 5), 1, 3)}}}, 1, 3)
    return {
        "ner_thai": task({"text": text(), "entities": array(ENTITY, 0, 20)}, {"text": "สมชาย", "entities": [entity]}),
        "math_steps": task({"problem": text(), "steps": steps}, {"problem": "2+2", "steps": [{"step": "2+2", "result": 4}]}),
        "chat": task({"messages": array(turn, 2, 12)}, {"messages": [{"role": "user", "content": "สวัสดี"}] * 2}),
        "contacts": task({"name": text(), "email": email, "phone": phone}, contact),
        "people": task({"people": array(PERSON, 1, 5)}, {"people": [{"name": "มานะ", "age": 40}]}),
        "rating": task({"text": text(), "stars": number(1, 5)}, {"text": "ดี", "stars": 5}),
        "mcq": task(mcq, asked),
        "recipes": task({"recipes": nested}, {"recipes": [{"dish": "ต้มยำ", "ways": [["ต้ม", "ชิม"]]}]}),
        "facts": task({"fact": text(), "is_true": {"field_type": "Boolean", "required": True}}, {"fact": "ฟ้า", "is_true": True}),
    }  # fmt: skip


def _odd_spellings() -> dict[str, Node]:
    dated = {
        "on": {"field_type": "Date", "required": True},
        "note": {"field_type": "String", "required": True},
    }
    tags = {
        "field_type": {"Array": {"items": "text"}},
        "required": True,
        "constraints": [{"Length": {"max": 3}}],
    }
    typed = {"field_type": {"Array": {"item_type": {"Enum": {"values": ["ก", "ข"]}}}}, "required": True}
    place = {"field_type": {"Object": {"city": {"field_type": "TEXT", "required": True}}}, "required": True}
    array_parameter = {"param_type": "array", "default": ["สั้น", "ยาว"], "required": False}
    return {
        "diary": task(dated, {"on": "2026-11-21", "note": "ไปตลาด"}),
        "tagging": task({"text": text(), "tags": tags}, {"text": "ข่าว", "tags": ["กีฬา"]}),
        "letters": task({"letters": typed}, {"letters": ["ก"]}, length=array_parameter),
        "places": task({"place": place}, {"place": {"city": "เชียงใหม่"}}, style=choice("a", "b", default="a")),
    }
