"""The dataset's card: its head, which machines read; the written part is `card_text`'s."""

import re
from collections.abc import Sequence
from typing import Any

from dset.exports import card_text, front_matter
from dset.exports.card_text import Part
from dset.exports.census import Census
from dset.exports.columns import Column
from dset.exports.gather import Gathered
from dset.exports.options import Options

_CATEGORIES = {
    "summarization": ["summarization"],
    "sentiment_analysis": ["text-classification"],
    "text_classification": ["text-classification"],
    "translation": ["translation"],
    "ner": ["token-classification"],
    "question_answer": ["question-answering"],
    "medical_benchmark": ["question-answering", "multiple-choice"],
    "math_word_problems": ["question-answering", "text-generation"],
    "paraphrase": ["text-generation"],
    "instruction": ["text-generation"],
    "vision_animals": ["image-classification", "image-to-text"],
    "ocr_thai": ["image-to-text"],
}
_LANGUAGE = re.compile(r"[a-z]{2,3}\Z")


def text(found: Gathered, struct: Column, parts: Sequence[Part], census: Census, options: Options) -> str:
    """README.md of the dataset."""
    head = front_matter.dump(_head(found, struct, parts, census, options))
    body = "\n\n".join(card_text.body(found, struct, parts, census, options))
    return f"---\n{head}---\n\n{body}\n"


def _head(
    found: Gathered, struct: Column, parts: Sequence[Part], census: Census, options: Options
) -> dict[str, Any]:
    size, on_disk = (
        sum(getattr(part, name) for part in parts) for name in ("bytes_in_memory", "bytes_on_disk")
    )
    languages = [
        code for code in sorted({one.partition("-")[0] for one in census.languages}) if _LANGUAGE.match(code)
    ]
    splits = [
        {"name": part.name, "num_bytes": part.bytes_in_memory, "num_examples": part.examples}
        for part in parts
    ]
    info = {
        "features": front_matter.features(struct),
        "splits": splits,
        "download_size": on_disk,
        "dataset_size": size,
    }
    files = [{"split": part.name, "path": f"data/{part.name}-*"} for part in parts]
    head = {
        "language": languages,
        "license": options.license,
        "pretty_name": card_text.title(found),
        "annotations_creators": ["machine-generated"],
        "language_creators": ["machine-generated"],
        "size_categories": [front_matter.size_category(sum(part.examples for part in parts))],
        "task_categories": _categories(found),
        "tags": ["synthetic"],
        "configs": [{"config_name": "default", "data_files": files, "default": True}],
        "dataset_info": info,
    }
    return {key: value for key, value in head.items() if value}


def _categories(found: Gathered) -> list[str]:
    """The hub's tasks; of a task of the user's text-classification where it has a label, else text-generation."""
    categories: dict[str, None] = {}
    for origin in found.origins:
        usual = ["text-classification" if origin.label else "text-generation"]
        categories.update(dict.fromkeys(_CATEGORIES.get(origin.task, usual)))
    return list(categories)
