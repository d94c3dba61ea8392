"""Digests are kept for decades and compared with those of others: their forms are fixed here, by value."""

import pytest

from archive.digests import path_key, payload_digest, text_digest


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        # As warcio, wget and Heritrix write them.
        (b"", "sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"),
        (b"abc", "sha1:VGMT4NSHA2AWVOR6EVYXQUGCNSONBWE5"),
    ],
)
def test_payload_digests(data, expected):
    assert payload_digest(data) == expected


def test_text_digests():
    # sha256sum of the words with a unit separator behind each part.
    assert text_digest("xã", "họp") == (
        "sha256:72b6fc793e6ddd812b4a66e24568b31bb4ea572b768b0fdf30270d3f6c2d387e"
    )


def test_a_text_in_other_spaces_or_other_unicode_is_the_same():
    assert text_digest("Xã  họp\n bàn ") == text_digest("Xã họp bàn") == text_digest("Xã họp bàn")
    assert text_digest("Xã họp bàn") == text_digest("Xa\u0303 ho\u0323p ba\u0300n")


def test_what_stands_in_which_part_counts():
    assert (
        len({text_digest(*parts) for parts in (("a", "b"), ("ab",), ("a b",), ("", "ab"), ("ab", ""), ())})
        == 6
    )


def test_path_keys():
    assert path_key("html/body") == "shfd8vw7Fa"
    assert len(path_key("")) == 10
    assert path_key("html/body/div[1]") != path_key("html/body/div[2]")
