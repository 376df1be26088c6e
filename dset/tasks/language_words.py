"""What tells languages apart: their scripts, and of those in Latin letters their function words.

Scripts as Unicode names them in the names of its characters; words chosen by hand, the most frequent short ones.
"""

NAMES = {
    "en": "English", "vi": "Vietnamese", "fr": "French", "de": "German", "es": "Spanish", "pt": "Portuguese",
    "it": "Italian", "nl": "Dutch", "id": "Indonesian", "ms": "Malay", "pl": "Polish", "tr": "Turkish",
    "sv": "Swedish", "th": "Thai", "lo": "Lao", "km": "Khmer", "my": "Burmese", "zh": "Chinese", "ja": "Japanese",
    "ko": "Korean", "ar": "Arabic", "fa": "Persian", "ur": "Urdu", "he": "Hebrew", "hi": "Hindi", "mr": "Marathi",
    "ne": "Nepali", "bn": "Bengali", "as": "Assamese", "ta": "Tamil", "te": "Telugu", "kn": "Kannada",
    "ml": "Malayalam", "gu": "Gujarati", "pa": "Punjabi", "or": "Odia", "si": "Sinhala", "bo": "Tibetan",
    "ru": "Russian", "uk": "Ukrainian", "bg": "Bulgarian", "sr": "Serbian", "mk": "Macedonian", "kk": "Kazakh",
    "be": "Belarusian", "mn": "Mongolian", "el": "Greek", "ka": "Georgian", "hy": "Armenian", "am": "Amharic",
    "ti": "Tigrinya", "yi": "Yiddish",
}  # fmt: skip

# The first language of a script is the one a text in it is taken for.
SCRIPTS = {
    "th": ("THAI",), "lo": ("LAO",), "km": ("KHMER",), "my": ("MYANMAR",), "zh": ("CJK", "BOPOMOFO"),
    "ja": ("HIRAGANA", "KATAKANA", "CJK"), "ko": ("HANGUL",), "ar": ("ARABIC",), "fa": ("ARABIC",),
    "ur": ("ARABIC",), "he": ("HEBREW",), "yi": ("HEBREW",), "hi": ("DEVANAGARI",), "mr": ("DEVANAGARI",),
    "ne": ("DEVANAGARI",), "bn": ("BENGALI",), "as": ("BENGALI",), "ta": ("TAMIL",), "te": ("TELUGU",),
    "kn": ("KANNADA",), "ml": ("MALAYALAM",), "gu": ("GUJARATI",), "pa": ("GURMUKHI", "ARABIC"),
    "or": ("ORIYA",), "si": ("SINHALA",), "bo": ("TIBETAN",), "ru": ("CYRILLIC",), "uk": ("CYRILLIC",),
    "bg": ("CYRILLIC",), "sr": ("CYRILLIC", "LATIN"), "mk": ("CYRILLIC",), "kk": ("CYRILLIC", "LATIN"),
    "be": ("CYRILLIC",), "mn": ("CYRILLIC", "MONGOLIAN"), "el": ("GREEK",), "ka": ("GEORGIAN",),
    "hy": ("ARMENIAN",), "am": ("ETHIOPIC",), "ti": ("ETHIOPIC",),
}  # fmt: skip

# One Chinese character says about as much as three Latin letters.
WEIGHTS = {"CJK": 3, "HANGUL": 2, "HIRAGANA": 2, "KATAKANA": 2, "ETHIOPIC": 2}

# Letters by which languages of one script are told apart: (the one, its letters, the other, its letters).
RIVALS = (
    ("ru", "ыэёъ", "uk", "іїєґ"),
    ("ar", "ةىيكأإ", "fa", "یکپچژگ"),
    ("ar", "ةىيكأإ", "ur", "ٹڈڑںےہھ"),
    ("fa", "ژ", "ur", "ٹڈڑںےہھ"),
)

VIETNAMESE = frozenset("đơưăạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ")

WORDS = {code: frozenset(words.split()) for code, words in {
    "en": "the of and to in is was were are for that with what which who whom how when where why did does do by from "
          "his her its their this these those as on at an it be has have had not or but many much after before can if "
          "you your we our they i my me will would should than then there about into he she been",
    "vi": "của và là có không được cho trong người những các một đã này với khi từ bao nhiêu nào gì ai ở đâu đến như "
          "về để tôi bạn rất thì mà vì trên ra hơn năm theo sau trước ông bà họ chúng nếu cũng",
    "fr": "le la les de des du un une et est dans que qui pour par sur avec pas au aux ce cette ces il elle sont ne se "
          "plus ou mais où quel quelle été son sa ses nous vous je en être à qu d l c j n s très comme fait combien y",
    "de": "der die das und ist in den von zu mit dem des ein eine einer einen nicht auf für als auch es an werden aus "
          "er hat dass sie nach wird bei sich war wie oder was wer ich wir zum zur über um wurde haben sind im am",
    "es": "el la los las de del y en que un una es por con para se no al lo como más su sus fue ha son qué cuál quién "
          "cómo cuándo dónde pero o este esta está muy yo mi me ser entre desde cuánto cuánta cuántos cuántas ella",
    "pt": "o a os as de do da dos das e em um uma que não é para com por se no na nos nas mais como ao foi qual quem "
          "são ou mas seu sua eu você isso muito ser está pelo pela também",
    "it": "il lo la i gli le di del della dei delle e è un una che in con per non si da al alla nel nella sono come più "
          "chi quale ma o anche questo questa ha era su mio molto ho dal dalla",
    "nl": "de het een en van in is dat op te voor met zijn niet aan er die om ook als bij door naar uit hij zij ze was "
          "werd wat wie hoe waar maar of ik je wordt heeft deze dit heel erg",
    "id": "yang dan di ke dari untuk dengan pada adalah ini itu tidak dalam akan oleh sebagai juga saya anda kami "
          "mereka apa siapa bagaimana kapan dimana berapa telah sudah bisa atau karena lebih ada dapat tahun sangat",
    "ms": "yang dan di ke dari untuk dengan pada adalah ini itu tidak dalam akan oleh sebagai juga saya anda kami "
          "mereka apa siapa bagaimana bila berapa telah sudah boleh atau kerana lebih ada dapat tahun ialah sangat",
    "pl": "w i na z do nie się to jest że o jak po co od za przez dla są ale czy był była który która które jego jej "
          "ten ta przy oraz lub gdzie kiedy kto bardzo ze tym może tylko już",
    "tr": "ve bir bu da de için ile ne mi çok daha olarak olan gibi kadar sonra en var ki ama her değil hangi kim nasıl "
          "o ben sen biz nerede neden veya tarafından oldu idi ise ya",
    "sv": "och att det som en på är av för med den till i inte har de om ett men var från vid eller vad vem hur när jag "
          "du han hon vi kan ska sin mycket också efter",
}.items()}  # fmt: skip

# Too alike to be told apart by a few words.
ALIKE = ({"id", "ms"},)
