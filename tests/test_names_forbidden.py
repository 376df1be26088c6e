"""Names that no caption may contain: found however they are spelt, and not in words that only look like them."""

from pathlib import Path

import pytest

from dset.errors import UsageError
from dset.names.forbidden import Names
from tests.tables import each

# A name and how it is written elsewhere, ordinary transliterations all of them.
SPELLINGS = {
    "Totoro": "トトロ ととろ โทโทโร่ โตโตโร่ Тоторо 토토로 توتورو टोटोरो טוטורו Τοτόρο T0toro Тоtоrо Totorro To-to-ro",
    "Chihiro": "チヒロ ちひろ ชิฮิโระ จิฮิโระ Тихиро Чихиро 치히로 تشيهيرو चिहिरो Chihirou Chihirō Ch1hiro chi-hi-ro",
    "Kiki": "キキ きき กิกิ คิกิ Кики 키키 كيكي किकी K1ki KIKI kíkì Ki-ki",
    "Mario": "マリオ まりお มาริโอ Марио 마리오 ماريو मारियो מריו Μάριο Mari0 MÁRIO",
    "Haku": "ハク ฮากุ Хаку 하쿠 هاكو हाकू H4ku haku's",
    "Sen": "セン เซน Сен 센 S3n sen's ＳＥＮ S-e-n",
    "Ponyo": "ポニョ ぽにょ โปเนียว โปนโย Поньо 포뇨 بونيو पोन्यो P0nyo ponyo’s",
    "Sophie": "ソフィー โซฟี Софи 소피 صوفي सोफी Sоphie",
    "Calcifer": "カルシファー แคลซิเฟอร์ Кальцифер 캘시퍼 كالسيفر कैल्सिफर Calc1fer",
    "Nausicaa": "ナウシカ นาอุซิกะ Навсикая 나우시카 ناوسيكا नौसिका Nausicaä Nausica",
    "Mononoke": "もののけ モノノケ โมโนโนเกะ Мононоке 모노노케 مونونوكي मोनोनोके Mono-noke",
    "Yubaba": "ユバーバ ゆばーば ยูบาบา Юбаба 유바바 يوبابا युबाबा Yubába",
    "Jiji": "ジジ จิจิ Джиджи 지지 جيجي जीजी Jîji",
    "Arrietty": "アリエッティ อาริเอตตี้ Ариэтти 아리에티 أريتي अरिएटी Arietty",
    "Satsuki": "サツキ さつき ซัทสึกิ Сацуки 사츠키 ساتسوكي सात्सुकी",
    "Elsa": "エルサ เอลซ่า เอลซา Эльза 엘사 إلسا एल्सा Εlsa",
    "Pikachu": "ピカチュウ ปิกาจู พิคาชู Пикачу 피카츄 بيكاتشو पिकाचू P1kachu Pikachū",
    "Naruto": "ナルト なると นารูโตะ Наруто 나루토 ناروتو नारुतो נארוטו Naruto-kun",
    "Sasuke": "サスケ さすけ ซาสึเกะ Саске 사스케 ساسكي सासुके Sasuké",
    "Sakura": "サクラ さくら ซากุระ Сакура 사쿠라 ساكورا सकुरा",
    "Doraemon": "ドラえもん ドラエモン โดราเอมอน โดเรม่อน Дораэмон 도라에몽 دورايمون डोरेमोन Dora-emon",
    "Nobita": "ノビタ のびた โนบิตะ Нобита 노비타 نوبيتا नोबिता",
    "Harry Potter": "ハリー・ポッター แฮร์รี่·พอตเตอร์ Гарри·Поттер 해리·포터 هاري·بوتر हैरी·पॉटर HarryPotter",
    "Hermione": "ハーマイオニー เฮอร์ไมโอนี่ Гермиона 헤르미온느 هيرميون हरमाइनी",
    "Spiderman": "スパイダーマン สไปเดอร์แมน สไปเดอร์แมน 스파이더맨 سبايدرمان स्पाइडरमैन Spider-Man",
    "Batman": "バットマン แบทแมน แบตแมน Бэтмен 배트맨 باتمان बैटमैन Bat-man B4tman",
    "Superman": "スーパーマン ซูเปอร์แมน Супермен 슈퍼맨 سوبرمان सुपरमैन Super-Man",
    "Pinocchio": "ピノッキオ ピノキオ พินอคคิโอ พิน็อกคิโอ Пиноккио 피노키오 بينوكيو पिनोकियो Pinochio",
    "Bambi": "バンビ แบมบี้ Бэмби 밤비 بامبي बाम्बी",
    "Dumbo": "ダンボ ดัมโบ้ Дамбо 덤보 دامبو डंबो",
    "Simba": "シンバ ซิมบ้า Симба 심바 سيمبا सिम्बा",
    "Nemo": "ニモ นีโม Немо 니모 نيمو नीमो N3mo",
    "Aladdin": "アラジン อะลาดิน Аладдин 알라딘 अलादीन Aladin",
    "Moana": "モアナ โมอาน่า Моана 모아나 موانا मोआना",
    "Rapunzel": "ラプンツェル ราพันเซล Рапунцель 라푼젤 رابونزل रॅपन्ज़ेल",
    "Gandalf": "ガンダルフ แกนดัล์ฟ Гэндальф 간달프 غاندالف गैंडल्फ़",
    "Frodo": "フロド โฟรโด Фродо 프로도 فرودو फ्रोडो",
    "Goku": "ゴクウ โกคู Гоку 고쿠 غوكو गोकू Gokuu",
    "Luffy": "ルフィ ลูฟี่ Луффи 루피 لوفي लूफी Lufy",
    "Zoro": "ゾロ โซโล Зоро 조로 زورو ज़ोरो",
    "Sailor Moon": "セーラームーン เซเลอร์มูน Сейлор·Мун 세일러문 SailorMoon",
    "Astro Boy": "アストロボーイ แอสโตรบอย Астробой 아스트로보이 AstroBoy",
    "Tigger": "ティガー ทิกเกอร์ 티거 Tigg3r",
    "Winnie": "ウィニー วินนี่ Винни 위니 ويني विनी W1nnie",
    "Shrek": "シュレック เชร็ค Шрек 슈렉 شريك श्रेक Shr3k",
    "Olaf": "オラフ โอลาฟ Олаф 올라프 أولاف ओलाफ",
    "Wolverine": "ウルヴァリン วูล์ฟเวอรีน 울버린 وولفرين वूल्वरिन",
    "Paddington": "パディントン แพดดิงตัน Паддингтон 패딩턴 بادينغتون पैडिंगटन Padington",
    "Godzilla": "ゴジラ ก็อดซิลล่า Годзилла 고질라 غودزيلا गॉडज़िला Godzila",
    "Kakashi": "カカシ คาคาชิ Какаши 카카시 كاكاشي काकाशी",
    "Asuna": "アスナ อาสึนะ Асуна 아스나 أسونا असुना",
    "Shinji": "シンジ ชินจิ Синдзи 신지 شينجي शिंजी",
    "Conan": "コナン โคนัน Конан 코난 كونان कोनन C0nan",
    "Shizuku": "シズク しずく ชิซึกุ Сидзуку 시즈쿠 شيزوكو शिज़ुकु",
    "Kaguya": "カグヤ かぐや คางุยะ Кагуя 카구야 كاغويا कागुया",
    "San": "サン S-a-n Sаn",
    "Ash": "A5h ash's ＡＳＨ",
    "Sky": "SKY sky's Ｓky",
    "โทโทโร่": "Totoro トトロ โตโตโร Тоторо",
    "ルイージ": "Luigi ลุยจิ Луиджи るいーじ 루이지",
}  # fmt: skip
NAMES = Names.of("\n".join(SPELLINGS))

# Captions and other phrases that name nobody; no word of them may be taken for a name.
CAPTIONS = """
Ghibli style a young girl, smiling softly, wearing a red dress, standing in a sunny garden with tall green grass
an old man, calm face, brown coat, sitting on a wooden bench, snow on the ground, cold blue light
a boy kicking a ball, short black hair, white shirt, a wide green field, bright afternoon, happy mood
a wooden marionette hanging from strings, dusty shelf, dim yellow lamp, quiet and strange mood
a tiger walking through tall grass, orange fur, warm evening light, tense mood
a mat on the floor, three cups of tea, paper walls, soft morning light, a sense of peace
no people, a skyline of tall buildings, grey clouds, rain, neon lights, lonely mood
a musician playing a shakudo flute in a box room, candle light, ashes in the fireplace
a tutor and two pupils at a desk, books, chalk, warm light, an attentive mood
a woman hanging laundry on a rope, sandals, wind, white sheets, deep blue sea behind her
cars on a bridge, a red bus, people crossing, late evening, orange lamps, busy mood
a cat sleeping on a sunny window sill, sandy fur, curtains moving, gentle and lazy mood
two kids sharing a snack, one laughing, one serious, striped shirts, a park behind them
a marina with many boats, a lighthouse, gulls, pale pink dusk, still water
a hawk over a canyon, spread wings, dry land, strong sun, a feeling of freedom
a kitchen with copper pans, steam, a bowl of soup, an apron, cosy warm light
a mother holding her baby, tired but happy, a quilt, a small lamp, quiet night
a shrine in a forest, stone steps, moss, lanterns, fog, sacred and silent mood
a soldier in a steel helmet, dirty face, looking down, smoke, ruins, sad grey light
an ashen desert, a lone tree, no people, hot wind, the horizon shaking
a batch of bread on a tray, a baker in white, flour in the air, golden light
a super market aisle, a tall man in a suit, bored, fluorescent light
a panda sits and eats bamboo, a keeper behind glass, green light, calm mood
he is a bell ringer, and in a hurry, on a stair, a sense of worry
a nomad on a camel, a long scarf, low sun, dunes, endless quiet
a sofa in a dark room, a sophisticated lady, pearl necklace, elegant posture
a simple meal, dumplings, soy sauce, a marble table, morning light
a mono tone street, one umbrella, heavy rain, melancholy mood
a saki cup and a tea pot, wood table, soft light, a calm mood
a turtle, a tortoise and a toro bull in a field, a sunny day
เด็กผู้หญิงผมสั้น ยิ้ม สวมชุดสีแดง ยืนอยู่ในสวน แสงแดดยามบ่าย บรรยากาศสดใส
ชายชรานั่งบนม้านั่งไม้ สวมเสื้อโค้ทสีน้ำตาล หิมะบนพื้น แสงสีฟ้าเย็น
เขาหากุญแจในกระเป๋า ห้องมืด โคมไฟดวงเล็ก ท่าทางกังวล
แมวนอนบนขอบหน้าต่าง แดดอุ่น ผ้าม่านปลิว บรรยากาศสบาย
วัดเก่าในป่า บันไดหิน ต้นไม้ใหญ่ หมอกยามเช้า เงียบสงบ
ไม้ยาวสิบเซนติเมตรวางบนโต๊ะ ถ้วยชาสามใบ แสงนุ่ม
เด็กสองคนกำลังกินขนม เสื้อลายทาง สวนสาธารณะด้านหลัง อารมณ์ดี
ถนนในเมืองตอนกลางคืน รถยนต์สีแดง ไฟนีออน ฝนตกหนัก
cô gái trẻ mỉm cười, mặc váy đỏ, đứng trong khu vườn, ánh nắng chiều ấm áp
ông lão ngồi trên ghế gỗ, áo khoác nâu, tuyết trên mặt đất, ánh sáng xanh lạnh
con mèo ngủ bên cửa sổ, cá trong hồ, sân nhà yên tĩnh, buổi sáng trong lành
hai đứa trẻ ăn bánh, áo sọc, công viên phía sau, vui vẻ
一个年轻女孩，微笑，穿着红色连衣裙，站在阳光明媚的花园里
一位老人坐在木长椅上，棕色大衣，地上有雪，冷蓝色的光
一只猫睡在窗台上，窗帘飘动，温柔慵懒的气氛
森林中的神社，石阶，青苔，灯笼，雾气
若い女の子、笑顔、赤いドレス、庭に立っている、午後の日差し
センターに立つ男性、サングラス、スカートの女性、暗い部屋
猫が窓辺で眠っている、カーテン、やさしい光、静かな気分
소녀가 책을 읽고 노래를 하고 있다, 빨간 옷, 따뜻한 빛
노인이 나무 의자에 앉아 있다, 갈색 코트, 눈, 차가운 빛
고양이가 창가에서 자고 있다, 커튼, 부드러운 아침 햇살
молодая девушка, улыбается, красное платье, стоит в саду, тёплый свет
старик сидит на скамейке, коричневое пальто, снег, холодный синий свет
кошка спит у окна, занавески, мягкий утренний свет, как в доме
فتاة شابة تبتسم، ترتدي فستانا أحمر، تقف في الحديقة، ضوء دافئ
رجل عجوز يجلس على مقعد خشبي، معطف بني، ثلج على الأرض
एक युवा लड़की, मुस्कुराती हुई, लाल पोशाक, बगीचे में खड़ी है, गर्म रोशनी
एक बूढ़ा आदमी लकड़ी की बेंच पर बैठा है, भूरा कोट, बर्फ
une jeune fille souriante, robe rouge, debout dans un jardin, lumière douce
ein alter Mann auf einer Bank, brauner Mantel, Schnee, kaltes blaues Licht
una niña sonríe, vestido rojo, en un jardín, luz cálida de la tarde
""".strip().splitlines()


def found(names: str, text: str) -> tuple[str, ...]:
    return Names.of(names.replace(" ", "\n")).found(text)


def test_nine_in_ten_spellings_of_sixty_names_are_found() -> None:
    pairs = [(name, one) for name, several in SPELLINGS.items() for one in several.split()]
    missed = [(name, one) for name, one in pairs if name not in NAMES.found(one)]
    assert len(pairs) > 400
    assert len(missed) <= 0.1 * len(pairs), missed


def test_a_spelling_is_found_as_no_other_name() -> None:
    same = {"Totoro", "โทโทโร่"}
    for name, several in SPELLINGS.items():
        for one in several.split():
            assert set(NAMES.found(one)) <= ({name} | (same if name in same else set())), one


@each(CAPTIONS)
def test_an_ordinary_caption_names_nobody(caption: str) -> None:
    assert NAMES.found(caption) == ()


@each(
    [
        "totoro", "TOTORO", "ＴＯＴＯＲＯ", "Tótörō", "tøtørø", "ᴛᴏᴛᴏʀᴏ", "𝐓𝐨𝐭𝐨𝐫𝐨", "ⓉⓄⓉⓄⓇⓄ", "To-to-ro", "T o t o r o", "t.o.t.o.r.o",
        "to to ro", "to\u200bto\u00adro", "Totoro's", "Totoro’s", "totoros", "Totorro", "Tottoro", "Toutourou", "T0t0r0", "Тоtоrо",
        "Τοtorο", "totoro2", "_totoro_", "#totoro", "大きなトトロの絵", "ととろがいる", "トトロー", "ﾄﾄﾛ", "เห็นโตโตโร่ยืนอยู่", "토토로가", "وتوتورو",
    ],
)  # fmt: skip
def test_a_name_is_found_in_any_spelling(text: str) -> None:
    assert found("Totoro", f"a big grey {text}, in the rain") == ("Totoro",)


@each(
    [
        ("Kiki", "kicking"), ("Mario", "marionette"), ("Sen", "sense"), ("Sen", "seen"), ("Haku", "shakudo"), ("Sky", "skyline"),
        ("Ash", "ashes"), ("Ash", "trash"), ("Ina", "in a box"), ("Carson", "cars on the road"), ("Tigger", "a tiger"), ("Matt", "a mat"),
        ("Ann", "an apple"), ("Nino", "ni no"), ("Sen", "センター"), ("Mario", "マリオネット"), ("Mario", "마리오네트"), ("Haku", "말하고"),
        ("San", "sân nhà"), ("トトロ", "a tutor"), ("Haku", "หากุญแจ"), ("เซน", "สิบเซนติเมตร"), ("千寻", "千里"), ("Sky", "sk y"),
    ],
)  # fmt: skip
def test_a_word_that_only_holds_the_name_or_is_near_it_is_not_found(name: str, text: str) -> None:
    assert found(name, f"here: {text}, there") == ()


def test_a_name_that_is_a_word_refuses_the_word() -> None:
    assert found("Sky Ash", "a blue sky, ash on the snow") == ("Sky", "Ash")


def test_a_name_of_several_words_is_found_together_and_not_in_its_words() -> None:
    names = Names.of("Howl's Moving Castle\nSpiderman")
    assert names.found("the Howl’s Moving-Castle, howls moving castle") == ("Howl's Moving Castle",)
    assert names.found("a moving castle") == ()
    assert names.found("a Spider Man") == ("Spiderman",)


def test_a_listed_foreign_name_is_found_in_latin_letters() -> None:
    assert found("โทโทโร่ ソフィー Кики", "Totoro, Sophie and Kiki") == ("โทโทโร่", "ソフィー", "Кики")


def test_a_chinese_name_is_found_as_it_is_listed_only() -> None:
    assert found("千寻", "小女孩千寻站着") == ("千寻",)
    assert found("千寻", "小女孩千尋站着") == ()
    assert found("千寻|千尋", "小女孩千尋站着") == ("千寻",)


def test_a_file_may_have_a_bom_remarks_and_several_spellings_of_a_name(tmp_path: Path) -> None:
    path = tmp_path / "names.txt"
    path.write_bytes("\ufeff# films\r\nTotoro | となりのトトロ # 1988\r\n\r\n  Howl\n".encode())
    names = Names.read(path)
    assert names.names == ("Totoro", "Howl")
    assert names.found("となりのトトロ, howl") == ("Totoro", "Howl")


@pytest.mark.parametrize(
    ("data", "what"),
    [(b"Totoro\nKik\xff\n", "line 2 is not UTF-8"), (b"Kiki\n\n42\n", "line 3"), (b"x" * 300, "line 1")],
)
def test_what_cannot_be_read_is_told_by_file_and_line(tmp_path: Path, data: bytes, what: str) -> None:
    path = tmp_path / "names.txt"
    path.write_bytes(data)
    with pytest.raises(UsageError, match=rf"names\.txt: {what}"):
        Names.read(path)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"names\.txt: cannot be read"):
        Names.read(tmp_path / "names.txt")


def test_no_names_and_no_text_find_nothing() -> None:
    assert Names.of("").found("Totoro") == ()
    assert NAMES.found("") == NAMES.found("\u200b .-1234@ \u0301") == ()
