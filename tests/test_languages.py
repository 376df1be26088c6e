"""In which language a text plainly is not, and all that is no reason to say so."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dset.tasks import languages
from dset.tasks.language_words import NAMES

# The same question and a plain statement in each language.
SAMPLES = {
    "en": "What is the capital of Thailand, and how many people live there?",
    "vi": "Thủ đô của Thái Lan là gì và có bao nhiêu người sống ở đó?",
    "fr": "Quelle est la capitale de la Thaïlande et combien de personnes y vivent ?",
    "de": "Was ist die Hauptstadt von Thailand und wie viele Menschen leben dort?",
    "es": "¿Cuál es la capital de Tailandia y cuántas personas viven en ella?",
    "pt": "Qual é a capital da Tailândia e quantas pessoas não vivem em casas?",
    "it": "Qual è la capitale della Thailandia e quante persone ci sono nella città?",
    "nl": "Wat is de hoofdstad van Thailand en hoeveel mensen wonen er in het land?",
    "id": "Apa ibu kota Thailand dan berapa banyak orang yang tinggal di sana?",
    "pl": "Jaka jest stolica Tajlandii i ile osób nie mieszka w tym mieście?",
    "tr": "Tayland'ın başkenti nedir ve bu şehirde ne kadar çok insan var?",
    "sv": "Vad är Thailands huvudstad och hur många människor bor det i den?",
    "th": "เมืองหลวงของประเทศไทยคืออะไร และมีคนอาศัยอยู่กี่คน",
    "lo": "ນະຄອນຫຼວງຂອງປະເທດໄທແມ່ນຫຍັງ",
    "km": "រាជធានីនៃប្រទេសថៃគឺជាអ្វី",
    "my": "ထိုင်းနိုင်ငံ၏ မြို့တော်သည် အဘယ်နည်း",
    "zh": "泰国的首都是哪里？那里住着多少人？",
    "ja": "タイの首都はどこですか。何人が住んでいますか。",
    "ko": "태국의 수도는 어디이며 몇 명이 살고 있습니까?",
    "ar": "ما هي عاصمة تايلاند وكم عدد الناس الذين يعيشون في المدينة؟",
    "fa": "پایتخت تایلند کجاست و چند نفر در این شهر زندگی می‌کنند؟ گفتگو کنید",
    "he": "מהי בירת תאילנד וכמה אנשים גרים שם?",
    "hi": "थाईलैंड की राजधानी क्या है और वहाँ कितने लोग रहते हैं?",
    "bn": "থাইল্যান্ডের রাজধানী কী এবং সেখানে কত মানুষ বাস করে?",
    "ta": "தாய்லாந்தின் தலைநகரம் எது?",
    "te": "థాయిలాండ్ రాజధాని ఏమిటి?",
    "ru": "Какой город является столицей Таиланда, и сколько людей в нём живёт? Это вопрос, который мы изучаем.",
    "uk": "Яке місто є столицею Таїланду і скільки людей у ньому живе? Її історія дуже цікава.",
    "el": "Ποια είναι η πρωτεύουσα της Ταϊλάνδης;",
    "ka": "რომელია ტაილანდის დედაქალაქი?",
    "hy": "Ո՞րն է Թաիլանդի մայրաքաղաքը",
    "am": "የታይላንድ ዋና ከተማ ማን ናት?",
}


@pytest.mark.parametrize("code", SAMPLES)
def test_a_text_is_in_its_own_language_and_in_none_of_the_others(code: str) -> None:
    text = SAMPLES[code]
    assert languages.detect(text) == code
    assert languages.fault(text, code) == ""
    assert [other for other in SAMPLES if other != code and not languages.fault(text, other)] == []


def test_a_fault_names_both_languages() -> None:
    assert languages.fault(SAMPLES["en"], "th") == "is in English, not in Thai"
    assert languages.fault(SAMPLES["th"], "vi") == "is in Thai, not in Vietnamese"
    assert languages.fault(SAMPLES["ja"], "zh") == "is in Japanese, not in Chinese"
    assert languages.fault("Bangkok Chiang Mai " * 10, "th") == "is in Latin letters, not in Thai"


@pytest.mark.parametrize(
    "text",
    [
        "ผู้ป่วยได้รับยา Amoxicillin/Clavulanate Potassium และ Acetaminophen (Paracetamol) วันละสองครั้ง",
        "ยา hydroxychloroquine sulfate กับ azithromycin dihydrate ใช้อย่างไร",
        "The Lord of the Rings: The Return of the King ฉายครั้งแรกเมื่อปีใด",
        "ให้เขียนโค้ดนี้ใหม่: ```for the_item in the_list: print(what is the of and to)```",
        "ดูที่ https://example.org/what/is/the/name/of/that/page-and-how-to-find-it",
        "Paracetamol 500 mg",
        "Yes",
        "A",
        "12,345.67",
        "x = 5 + 3",
        "",
        "Cristiano Ronaldo",
        "ICD-10: J45.909, E11.9, I10",
        "<p>น้ำ</p>",
        "😀",
    ],
)
def test_thai_with_foreign_terms_names_numbers_and_code_is_thai(text: str) -> None:
    assert languages.fault(text, "th") == ""


@pytest.mark.parametrize("text", ["Angkor Wat", "the 東京 tower is in the city of Tokyo", "โรงแรม means hotel in that language",
                                  "Müller GmbH", "R2-D2", "café", "La La Land", "Is pH of 7 the same as α = 0.5?"])  # fmt: skip
def test_english_with_foreign_terms_is_english(text: str) -> None:
    assert languages.fault(text, "en") == ""


def test_an_english_text_that_quotes_a_thai_word_is_not_thai() -> None:
    text = "The word น้ำ means water in Thai, and it is one of the first words that a child learns in the country."
    assert languages.fault(text, "th") == "is in English, not in Thai"
    assert languages.fault(text, "en") == ""


def test_vietnamese_counts_in_either_form_of_unicode() -> None:
    assert languages.detect(unicodedata.normalize("NFD", SAMPLES["vi"])) == "vi"
    assert languages.fault(unicodedata.normalize("NFD", SAMPLES["vi"]), "vi") == ""


def test_codes_have_regions_and_names() -> None:
    assert languages.fault(SAMPLES["en"], "th-TH") == "is in English, not in Thai"
    assert languages.fault(SAMPLES["zh"], "zh_TW") == ""
    assert languages.fault(SAMPLES["en"], "Thai") == "is in English, not in Thai"
    assert (languages.name("pt-BR"), languages.name("tlh")) == ("Portuguese", "tlh")
    assert (languages.is_known("TH"), languages.is_known("tlh"), languages.is_known("")) == (
        True,
        False,
        False,
    )


@pytest.mark.parametrize("unit", ["a", "<", "`", "```", "$", "@", "a@", "www.", "ก", "\u0301"])
def test_hostile_texts_are_looked_at_to_their_end(unit: str) -> None:
    languages.fault(unit * 200_000, "th")


@given(st.text(), st.sampled_from(["tlh", "", "x-y", "und"]))
def test_of_an_unknown_language_nothing_is_refused(text: str, code: str) -> None:
    assert languages.fault(text, code) == ""


@given(st.text(max_size=200), st.sampled_from(list(SAMPLES)))
def test_whatever_the_text_there_is_an_answer_of_one_line(text: str, code: str) -> None:
    assert "\n" not in languages.fault(text, code)
    assert languages.detect(text) in {"", *NAMES}


@pytest.mark.parametrize("unit", ["ก", "a", "x@", "<", "$a", "`", "https://", "e\u0301"])
def test_a_text_without_spaces_is_judged_in_linear_time(unit: str) -> None:
    started = time.process_time()
    for _ in range(10):
        languages.fault(unit * 20_000, "th")
    assert time.process_time() - started < 3  # 0.2 s on a slow core; what is quadratic takes 15


def test_addresses_are_in_no_language() -> None:
    assert not languages.fault(
        "ส่งมาที่ the.name.of.someone.who.was.there@that.place.and.with.example.com ครับ", "th"
    )
