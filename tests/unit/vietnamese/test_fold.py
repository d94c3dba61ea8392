"""Folding: what the two indexes and every comparison of names rest on."""

import sys
import unicodedata

import pytest

from archive.vietnamese.fold import TONE_PAIRS, fold, mend_eth, nfc, place_tones


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Quyết định Đà Nẵng", "quyet dinh da nang"),
        ("ĐỒNG THÁP", "dong thap"),
        ("Ủy ban nhân dân", "uy ban nhan dan"),
        ("Uỷ ban nhân dân", "uy ban nhan dan"),
        ("truyê\u0300n", "truyen"),
        ("QÐ-UBND", "qd-ubnd"),
        (
            "ắằẳẵặ ấầẩẫậ ếềểễệ ốồổỗộ ớờởỡợ ứừửữự ýỳỷỹỵ íìỉĩị",
            "aaaaa aaaaa eeeee ooooo ooooo uuuuu yyyyy iiiii",
        ),
        ("Straße № 5", "strasse № 5"),
        ("", ""),
    ],
)
def test_fold(text, folded):
    assert fold(text) == folded
    assert fold(unicodedata.normalize("NFD", text)) == folded


def test_every_mark_of_the_three_blocks_goes_and_no_neighbour():
    for first, last in ((0x0300, 0x036F), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF)):
        for code in sorted(
            {*range(first, last + 1)} - {0x0345}
        ):  # a small iota, whose case folds to a letter
            assert fold(f"ộ{chr(code)}n") == "on", hex(code)
        for code in (first - 1, last + 1):
            assert len(fold(f"ộ{chr(code)}n")) > 2, hex(code)


def test_a_thorn_keeps_every_eth_of_the_text():
    for text in ("Þingvellir, QÐ-UBND, Đồng Tháp", "það er QÐ-UBND của ộ"):
        assert mend_eth(text) == text
        assert mend_eth(text.replace("Þ", "T").replace("þ", "t")) != text.replace("Þ", "T").replace("þ", "t")


def test_fold_twice_is_fold_once_for_every_character():
    for code in range(sys.maxunicode + 1):
        once = fold(chr(code))
        assert fold(once) == once, hex(code)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("hòa", "hoà"),
        ("ủy", "uỷ"),
        ("thúy", "thuý"),
        ("khỏe", "khoẻ"),
        ("HÒA BÌNH", "HOÀ BÌNH"),
        ("Ủy ban", "Uỷ ban"),
        ("ngòai", "ngoài"),
        ("qúy", "quý"),
        ("hóa đơn, tỏa, họa, lõa", "hoá đơn, toả, hoạ, loã"),
    ],
)
def test_two_tone_placements_meet(old, new):
    assert place_tones(old) == place_tones(new) == new
    assert place_tones(unicodedata.normalize("NFD", old)) == new


@pytest.mark.parametrize(
    "word", ["mùa", "của", "múa", "tòan tính"[5:], "quả", "giá", "hoàn", "huýt", "ngoằn", "đua"]
)
def test_words_without_the_choice_stay(word):
    assert place_tones(word) == word


def test_the_pairs_do_the_same_by_plain_replacement():
    # The search index applies the pairs in SQL; it must not drift from place_tones.
    text = "Ủy ban hòa giải, khỏe mạnh, THÚY, hóa, quý, tùy, xòe, Hòa, đoàn"
    replaced = text
    for old, new in TONE_PAIRS:
        replaced = replaced.replace(old, new)
    assert replaced == place_tones(text)


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        ("26/2007/QÐ-UBND", "26/2007/QĐ-UBND"),
        ("QUYẾT ÐỊNH", "QUYẾT ĐỊNH"),
        ("ðất ở", "đất ở"),
        ("Það er gott", "Það er gott"),
        ("veðurstofa", "veðurstofa"),
        ("không có", "không có"),
    ],
)
def test_eth_is_read_as_d_in_vietnamese_only(text, mended):
    assert mend_eth(text) == mended
    assert len(mend_eth(text)) == len(text)


def test_nfc_joins_half_decomposed_typing():
    assert nfc("truyê\u0300n hoa\u0323ch") == "truyền hoạch"
    assert nfc("plain") == "plain"
