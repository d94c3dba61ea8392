"""The table of abbreviations is data: what can be wrong with it is its form."""

import unicodedata

from archive.vietnamese.abbreviations import expansions


def test_the_common_ones_are_there():
    table = expansions()
    assert table["UBND"] == ("Ủy ban nhân dân",)
    assert {"HĐND", "MTTQ", "TTĐT", "QĐ", "NQ", "TP", "TX", "TT", "BCĐ", "TAND"} <= table.keys()


def test_each_form_is_longer_nfc_and_stands_once():
    for short, fulls in expansions().items():
        assert fulls
        assert len(set(fulls)) == len(fulls)
        for full in fulls:
            assert len(full) > len(short)
            assert unicodedata.is_normalized("NFC", short + full)
            assert full == full.strip()
