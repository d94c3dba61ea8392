"""Every encoding of before Unicode comes back as it was typed; other languages are left alone."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.vietnamese import legacy
from archive.vietnamese.legacy_tables import TCVN3 as TCVN3_TABLE
from archive.vietnamese.legacy_tables import TCVN3_CAPITALS, VISCII, VNI, VPS
from crawler.charset import decode

LOWER = "àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ"
ALL = LOWER + LOWER.upper()
# Words of commune news, chosen so that all 134 letters come in some of them.
_TOLD = (
    "ủy ban nhân dân xã họp về kế hoạch nạo vét kênh mương trước mùa mưa các ấp đã ký cam kết giữ sạch "
    "đường làng "
    "bà con ở cụm dân cư vượt lũ được cấp nước máy từ tháng tới ông bí thư chi bộ nhắc lại việc đắp bờ "
    "bao phía nam "
    "trẻ em bỏ học giảm hẳn kỹ thuật gieo sạ cũ mỡ ngỗng ẵm bẵng bằng lẳng lặng nặng đẫm ẩm sẵn sàng "
    "sắp xếp chẽ "
    "rẽ kẻ vẻ tĩnh nghĩ chỉ thị tổ nổi ổn dỗ chỗ trỗi giở mở sỡ cỡ sửa nữa sữa bứt ỷ lại kỵ tỵ ý kiến "
    "quỳ lũy ngõ võ "
    "nhũn cụ thể ngủ hưởng dẫn thẩm tra ngừa hứa cứng ẽo ọp ẹp ỉu xìu chè hè năm núi í ới ó ò õng ẹo ở "
    "ỡm ờ ụ ũ ừ ứ ử ữ ự ạ ả ã á à "
    "ặ ẵ ẳ ằ ắ ậ ẫ ẩ ầ ấ ệ ễ ể ề ế ộ ỗ ổ ồ ố ợ ỹ"
)
WORDS = _TOLD.split()
PAGE = "<html><head><title>Trang tin</title></head><body><div class='bai'>{}</div></body></html>"
PROSE = (
    "Sáng nay, Ủy ban nhân dân xã Bình Lộc đã họp với các ấp về kế hoạch nạo vét kênh mương. Việc này "
    "được thực hiện "
    "trước mùa mưa; nhân dân trong xã có ý kiến về đường liên ấp và nước sinh hoạt. "
)


def typed(table, text):
    """Write *text* with a table of single letters; what the table lacks stays."""
    return text.translate({ord(letter): chr(code) for code, letter in table.items()})


def typed_tcvn3(text):
    table = {code: chr(letter) if isinstance(letter, int) else letter for code, letter in TCVN3_TABLE.items()}
    return typed(table, "".join(char if char in set(table.values()) else char.lower() for char in text))


def typed_vni(text):
    pairs = {letter: code for code, letter in sorted(VNI.items(), key=lambda pair: pair[0].swapcase())}
    return "".join(pairs.get(char, char) for char in text)


def typed_1258(text):
    out = bytearray()
    for char in unicodedata.normalize("NFC", text):
        try:
            out += char.encode("cp1258")
        except UnicodeEncodeError:
            marks = unicodedata.normalize("NFD", char)
            tones = "".join(mark for mark in marks[1:] if mark in "\u0300\u0301\u0303\u0309\u0323")
            rest = unicodedata.normalize("NFC", "".join(mark for mark in marks if mark not in tones))
            out += (rest + tones).encode("cp1258")
    return bytes(out)


def bytes_of(seen):
    """Text as windows-1252 shows it, back to its bytes."""
    out = bytearray()
    for char in seen:
        try:
            out += char.encode("cp1252")
        except UnicodeEncodeError:
            out.append(ord(char))
    return bytes(out)


ENCODED = {
    "viscii": lambda text: bytes_of(typed(VISCII, text)),
    "vps": lambda text: bytes_of(typed(VPS, text)),
    "vni": lambda text: bytes_of(typed_vni(text)),
    "tcvn3": lambda text: bytes_of(typed_tcvn3(text)),
    "windows-1258": typed_1258,
    "utf-16-le": lambda text: text.encode("utf-16-le"),
    "utf-16-be": lambda text: text.encode("utf-16-be"),
}


@pytest.mark.parametrize("letter", ALL)
def test_each_letter_has_its_place_in_each_encoding(letter):
    assert legacy.convert(typed(VISCII, letter), "viscii") == letter
    assert legacy.convert(typed(VPS, letter), "vps") == letter
    assert legacy.convert(typed_vni(letter), "vni") == letter
    assert legacy.convert(typed_tcvn3(letter.lower()), "tcvn3") == letter.lower()
    capital = next(chr(code) for code, found in TCVN3_CAPITALS.items() if found == letter.upper())
    assert legacy.convert(capital, "tcvn3", capitals=True) == letter.upper()
    assert legacy.convert(letter.encode().decode("latin-1"), "utf-8") == letter


def test_the_words_hold_every_letter():
    assert set(LOWER) <= set("".join(WORDS))


@pytest.mark.parametrize("encoding", ENCODED)
@settings(max_examples=25, deadline=None)
@given(words=st.lists(st.sampled_from(WORDS), min_size=5, max_size=60), upper=st.booleans())
def test_a_page_in_any_encoding_is_read_whatever_is_declared(encoding, words, upper):
    told = " ".join(words)
    told = told.upper() if upper and encoding != "tcvn3" else told
    page = PAGE.format(PROSE + told)
    for header in (None, "text/html; charset=iso-8859-1", "text/html; charset=utf-8"):
        decoded = decode(ENCODED[encoding](page), header)
        assert decoded.charset == encoding
        # TCVN3 has no capitals with tones: its typists took another font for those.
        assert decoded.text == page if encoding != "tcvn3" else decoded.text.lower() == page.lower()


@pytest.mark.parametrize("encoding", ["viscii", "vps", "vni", "tcvn3", "windows-1258"])
def test_what_was_typed_so_and_saved_as_utf8_is_put_right(encoding):
    seen = ENCODED[encoding](PROSE * 3).decode("cp1252", "replace")
    if "\ufffd" in seen:
        seen = ENCODED[encoding](PROSE * 3).decode("latin-1")
    decoded = decode(PAGE.format(seen).encode(), "text/html; charset=utf-8")
    assert decoded.notes == (f"mojibake:{encoding}",)
    assert PROSE.strip().lower() in decoded.text.lower()


def test_utf8_read_as_latin_and_saved_again_is_put_right():
    decoded = decode(PAGE.format(PROSE.encode().decode("latin-1")).encode())
    assert decoded.notes == ("mojibake:utf-8",)
    assert PROSE.strip() in decoded.text


OTHERS = {
    "English": "The people’s committee met on 3 March to discuss the café’s façade — “naïve”, it said, "
    "© 2024 ® ™ ½ µ.",
    "French": "Le comité a décidé d’élever le niveau : « ça va », où l’été, Noël, œuvre, façade, Ça, À, "
    "É, garçon, août.",
    "German": "Der Ausschuß hat über Straßen, Flüsse, Böden und Äcker beraten; Öl, Übung, größer, "
    "„müde“ und heißt.",
    "Russian": "Народный комитет общины обсудил план очистки каналов перед сезоном дождей; жители "
    "поддержали его.",
    "Spanish": "El niño y la señora de la montaña soñaron mañana: ¿qué pasó en España? ¡Año nuevo! "
    "Corazón, ningún.",
    "Portuguese": "A administração da região não fará as eleições: são ações em conexão com órgãos e "
    "mães, avós, três.",
    "Icelandic": "Þetta er það sem Ðað og ráðið ákvað; æðri menntun, öðru hverju, Guðmundur og "
    "Sigríður, það er.",
    "Swedish": "Åtgärder för vägar på landsbygden: änkor, öar, ån, blåbär, smörgås, räksmörgås och "
    "köttbullar.",
    "Turkish": "Köy yönetimi kanalların temizliği için toplandı; ağaç, şehir, çocuk, güneş, İstanbul, "
    "ılık, öğle.",
    "Chinese": "人民委员会今天开会讨论雨季前清理渠道的计划，居民提出了意见。",
    "Vietnamese": PROSE,
    "Vietnamese of capitals": PROSE.upper(),
    "Vietnamese among others": PROSE
    + "Dự án do Société Générale, Müller GmbH và Señor Muñoz tài trợ; El Niño, Ångström, ©®.",
    "letters of few": "à á â ã è é ê ì í ò ó ô õ ù ú ý ñ ð ç Ç ® © µ ¸ ¶ ·",
}


@pytest.mark.parametrize("language", OTHERS)
def test_sound_text_is_never_repaired(language):
    page = PAGE.format(OTHERS[language] * 8)
    for header in (None, "text/html; charset=utf-8", "text/html; charset=UTF8"):
        decoded = decode(page.encode(), header)
        assert (decoded.text, decoded.charset, decoded.notes) == (page, "utf-8", ())


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(WORDS + list(ALL) + ["®", "ñ", "é", "Niño", "µ"]), min_size=1, max_size=80))
def test_vietnamese_is_never_changed(words):
    page = PAGE.format(PROSE + " ".join(words))
    assert decode(page.encode()).text == page


@settings(max_examples=60, deadline=None)
@given(
    st.binary(max_size=300),
    st.sampled_from([None, "text/html; charset=utf-8", "charset=viscii", "charset=x-viet-vps"]),
)
def test_any_bytes_are_text_in_nfc(body, header):
    text = decode(body, header).text
    assert unicodedata.is_normalized("NFC", text)
    assert isinstance(text.encode("utf-8", "replace"), bytes)
