"""Invented texts: words of a language in an order that means nothing."""

import random
import re
import unicodedata

_LISTS = {
    "th": """บ้าน อาหาร ตลาด โรงเรียน หนังสือ เพื่อน วันนี้ พรุ่งนี้ เดินทาง รถไฟ ทะเล ภูเขา แม่น้ำ ดอกไม้ กาแฟ ข้าวผัด ผลไม้ ราคา สวยงาม อร่อย
        รวดเร็ว ช้า ใหม่ เก่า ใหญ่ เล็ก สะอาด ร้อน หนาว ฝนตก ครอบครัว พี่น้อง คุณครู นักเรียน แพทย์ พยาบาล คนไข้ โรงพยาบาล ยา สุขภาพ กีฬา ฟุตบอล ดนตรี
        ภาพยนตร์ โทรศัพท์ คอมพิวเตอร์ อินเทอร์เน็ต ข่าว เศรษฐกิจ ธุรกิจ ลูกค้า พนักงาน บริการ สินค้า คุณภาพ ประเทศ เมือง หมู่บ้าน จังหวัด ถนน สะพาน วัด
        พิพิธภัณฑ์ ประวัติศาสตร์ วิทยาศาสตร์ คณิตศาสตร์ ภาษา ความรู้ ความสุข ความจริง ความฝัน เวลา นาที ชั่วโมง สัปดาห์ เดือน ปี ฤดูกาล ต้นไม้ สัตว์ แมว
        สุนัข นก ปลา ช้าง เสื้อผ้า รองเท้า กระเป๋า โต๊ะ เก้าอี้ หน้าต่าง ประตู ห้องน้ำ ห้องนอน สวน อากาศ แสงแดด ดวงจันทร์ ดวงดาว ท้องฟ้า เรือ เครื่องบิน
        สนามบิน โรงแรม ร้านค้า เงิน ธนาคาร งาน ประชุม โครงการ แผนงาน ปัญหา คำตอบ คำถาม ตัวอย่าง เรื่องราว และ แต่ เพราะ จึง กับ ของ ใน ที่ จาก ไป มา
        ได้ เป็น อยู่ ชอบ รัก เห็น รู้ คิด พูด อ่าน เขียน เรียน ทำ ซื้อ ขาย กิน ดื่ม นอน ตื่น เล่น ช่วย สอน""",
    "vi": """nhà đường trường sách bạn hôm_nay ngày_mai chuyến_đi tàu_hỏa biển núi sông hoa cà_phê cơm trái_cây giá đẹp ngon nhanh chậm mới cũ lớn nhỏ sạch
        nóng lạnh mưa gia_đình anh_em giáo_viên học_sinh bác_sĩ y_tá bệnh_nhân bệnh_viện thuốc sức_khỏe thể_thao bóng_đá âm_nhạc phim điện_thoại máy_tính mạng
        tin_tức kinh_tế kinh_doanh khách_hàng nhân_viên dịch_vụ sản_phẩm chất_lượng đất_nước thành_phố làng tỉnh cầu chùa bảo_tàng lịch_sử khoa_học toán ngôn_ngữ
        kiến_thức hạnh_phúc sự_thật ước_mơ thời_gian phút giờ tuần tháng năm mùa cây động_vật mèo chó chim cá voi quần_áo giày túi bàn ghế cửa_sổ cửa phòng vườn
        không_khí nắng mặt_trăng ngôi_sao bầu_trời thuyền máy_bay sân_bay khách_sạn cửa_hàng tiền ngân_hàng công_việc cuộc_họp dự_án kế_hoạch vấn_đề câu_hỏi ví_dụ
        câu_chuyện và nhưng vì nên với của trong từ đến được là ở thích yêu thấy biết nghĩ nói đọc viết học làm mua bán ăn uống ngủ dậy chơi giúp dạy những các
        một này đó rất cũng đã đang sẽ""",
    "en": """the a house market school book friend today tomorrow journey train sea mountain river flower coffee rice fruit price lovely tasty quick slow new old
        large small clean warm cold rain family brother teacher student doctor nurse patient hospital medicine health sport football music film telephone computer
        network news economy business customer worker service product quality country city village province street bridge temple museum history science number
        language knowledge joy truth dream time minute hour week month year season tree animal cat dog bird fish elephant shirt shoe bag table chair window door
        room garden air sunlight moon star sky boat plane airport hotel shop money bank work meeting project plan problem answer question example story and but
        because with of in from to is was likes loves sees knows thinks says reads writes learns makes buys sells eats drinks sleeps wakes plays helps teaches
        this that very also has been will near under over before after while every other bright quiet gentle round early late often never perhaps""",
    "zh": """今天 明天 学校 老师 学生 朋友 家庭 城市 乡村 河流 高山 大海 花园 咖啡 水果 价格 美丽 快速 缓慢 音乐 电影 手机 电脑 新闻 经济 顾客 服务 产品 质量 国家
        街道 桥梁 历史 科学 语言 知识 快乐 真理 时间 季节 动物 天空 月亮 星星 飞机 酒店 商店 银行 工作 会议 计划 问题 故事 因为 但是 所以 喜欢 知道 阅读 写作 学习 购买 帮助""",
    "ja": """今日は 明日も 学校で 先生が 学生の 友だちと 家族を 町に 川の 山から 海へ 花が コーヒーを くだもの ねだん きれいな はやい ゆっくり おんがく えいが でんわ ニュース しごと おみせ
        ことば じかん どうぶつ そら つき ほし ひこうき ホテル ぎんこう かいぎ けいかく もんだい はなし だから しかし すきです しります よみます かきます まなびます かいます""",
    "ko": """오늘 내일 학교 선생님 학생 친구 가족 도시 마을 강물 바다 커피 과일 가격 아름다운 빠른 느린 음악 영화 전화 뉴스 경제 손님 서비스 제품 나라 거리 다리 역사 과학 언어 지식
        행복 진실 시간 계절 동물 하늘 별빛 비행기 호텔 가게 은행 회의 계획 문제 이야기 그래서 그러나 좋아한다 안다 읽는다 쓴다 배운다 산다 돕는다""",
    "ru": """сегодня завтра школа учитель ученик друг семья город деревня река гора море цветок кофе фрукты цена красивый быстро медленно музыка фильм телефон новости
        служба товар страна улица мост история наука язык знание радость правда время сезон животное небо луна звезда самолёт магазин работа встреча план вопрос рассказ потому но любит
        знает читает пишет учит покупает помогает""",
    "ar": """اليوم غدا مدرسة معلم طالب صديق عائلة مدينة قرية نهر جبل بحر زهرة قهوة فاكهة سعر جميل سريع بطيء موسيقى فيلم هاتف أخبار خدمة منتج بلد شارع جسر
        تاريخ علم لغة معرفة فرح حقيقة وقت فصل حيوان سماء قمر نجم طائرة متجر عمل اجتماع خطة سؤال قصة لأن لكن يحب يعرف يقرأ يكتب يتعلم يشتري يساعد""",
    "hi": """आज कल विद्यालय शिक्षक छात्र मित्र परिवार नगर गाँव नदी पर्वत समुद्र फूल कॉफी फल दाम सुंदर तेज धीमा संगीत फिल्म फोन समाचार सेवा वस्तु देश सड़क पुल इतिहास
        विज्ञान भाषा ज्ञान आनंद सत्य समय ऋतु पशु आकाश चाँद तारा विमान दुकान काम बैठक योजना प्रश्न कहानी क्योंकि लेकिन चाहता जानता पढ़ता लिखता सीखता खरीदता""",
}
_SYLLABLES = "ba be bi bo da de di do fa fe ga go ka ke ki ko la le li lo ma me mi mo na ne ni no pa pe pi po ra re ri ro sa se si so ta te ti to va ve vi vo"
_UNSPACED = {"th", "zh", "ja"}
_SCRIPTS = (  # Kana before Han, which Japanese has too
    ("th", r"[\u0e00-\u0e7f]"),
    ("ja", r"[\u3040-\u30ff]"),
    ("zh", r"[\u4e00-\u9fff]"),
    ("ko", r"[\uac00-\ud7af]"),
    ("ru", r"[\u0400-\u04ff]"),
    ("ar", r"[\u0600-\u06ff]"),
    ("hi", r"[\u0900-\u097f]"),
    ("vi", r"[ăđĩũơưĂĐĨŨƠƯ\u1ea0-\u1ef9]"),
)
_SHARE = {"vi": 0.04, "ja": 0.1}  # of the letters: Vietnamese marks a few of its own, Japanese mixes scripts


def base(lang: str) -> str:
    """The language itself of a code as en-GB or zh_Hant, in lower case."""
    return re.split("[-_]", lang.lower(), maxsplit=1)[0]


def language_of(text: str, lang: str) -> str:
    """The language to go on in: by the script of `text`; plain Latin letters are `lang` unless that has its own script."""
    text = unicodedata.normalize("NFC", text)
    letters = sum(character.isalpha() for character in text)
    for code, pattern in _SCRIPTS:
        if letters and len(re.findall(pattern, text)) >= _SHARE.get(code, 0.3) * letters:
            return code
    own = base(lang)
    return "en" if any(own == code for code, _ in _SCRIPTS) else own


def word(draw: random.Random, lang: str) -> str:
    """One word of a language; syllables in Latin letters where none of its words are known here."""
    own = base(lang)
    if own not in _LISTS:
        return "".join(draw.choices(_SYLLABLES.split(), k=draw.randint(2, 4)))
    return draw.choice(_LISTS[own].split()).replace("_", " ")


def text(draw: random.Random, lang: str, least: int) -> str:
    """Words one after another, `least` characters or a little more (a word); '' for none."""
    gap = "" if base(lang) in _UNSPACED else " "
    said = ""
    while len(said) < least:
        # A space here and there: Thai and Chinese break their clauses with one.
        between = gap or " " * (bool(said) and draw.random() < 0.15)
        said += (between if said else "") + word(draw, lang)
    return said


def within(draw: random.Random, lang: str, least: int, most: int) -> str:
    """A text of `least` to `most` characters, cut inside its last word where it must be."""
    said = text(draw, lang, least)[:most]
    if len(said) < len(said.rstrip()) or (said and unicodedata.combining(said[-1])):
        said = said.rstrip()
    return said + "".join(draw.choices("abcdefghij", k=max(0, least - len(said))))
