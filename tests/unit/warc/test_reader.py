"""Reading: ours, other tools' and damaged."""

import gzip
import zlib
from datetime import UTC, datetime

import pytest

from archive.errors import WarcDamaged
from archive.warc.reader import decode_body, iterate, read_record
from archive.warc.writer import RawRequest, RawResponse, WarcWriter

TEXT = "Ủy ban nhân dân thành phố " * 40


@pytest.fixture
def sample(tmp_path):
    with WarcWriter(tmp_path) as writer:
        for number in range(3):
            place = writer.write_exchange(
                RawRequest(f"http://a.gov.example/{number}", datetime(2026, 3, 1, tzinfo=UTC)),
                RawResponse(200, [(b"Content-Encoding", b"gzip")], gzip.compress(TEXT.encode())),
            )
    return tmp_path / place.file


def test_places_agree_with_the_scan(sample):
    records = list(iterate(sample))
    assert [record.type for record in records] == ["warcinfo"] + ["response", "request"] * 3
    assert sum(record.length for record in records) == sample.stat().st_size
    for record in records:
        alone = read_record(sample, record.offset)
        assert (alone.record_id, alone.payload) == (record.record_id, record.payload)
        assert record.digest_matches()
    assert records[1].body().decode() == TEXT
    assert records[1].header("content-encoding") == "gzip"


def test_other_tools_form(tmp_path):
    block = b"HTTP/1.0 200 OK\r\n\r\nhello"
    head = b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:1>\r\n"
    head += b"WARC-Date: 2013-01-01T00:00:00Z\r\n"
    head += (
        b"WARC-Target-URI: <http://a.gov.example/>\r\nContent-Type: application/http; msgtype=response\r\n"
    )
    head += b"Content-Length: " + str(len(block)).encode() + b"\r\n\r\n"
    plain = tmp_path / "wget.warc"
    plain.write_bytes((head + block + b"\r\n\r\n") * 2)
    records = list(iterate(plain))
    assert [record.url for record in records] == ["http://a.gov.example/"] * 2
    assert read_record(plain, records[1].offset).payload == b"hello"


@pytest.mark.parametrize("offset", [1, 40, 10**9])
def test_a_wrong_offset(sample, offset):
    with pytest.raises(WarcDamaged, match=f"{sample.name}:{offset}"):
        read_record(sample, offset)


def test_damage_is_named_with_its_place(sample):
    third = [record.offset for record in iterate(sample)][3]
    data = bytearray(sample.read_bytes())
    data[third : third + 8] = b"\x00" * 8
    sample.write_bytes(data)
    with pytest.raises(WarcDamaged, match=f"{sample.name}:"):
        list(iterate(sample))
    with pytest.raises(WarcDamaged, match="missing"):
        read_record(sample.with_name("none.warc.gz"), 0)


def test_a_changed_payload_is_noticed(sample):
    record = list(iterate(sample))[1]
    data = sample.read_bytes()
    member = gzip.decompress(data[record.offset : record.offset + record.length])
    forged = gzip.compress(member[:-8] + b"forged\r\n")
    sample.write_bytes(data[: record.offset] + forged)
    assert not read_record(sample, record.offset).digest_matches()


@pytest.mark.parametrize(
    ("encoding", "payload"),
    [
        ("gzip", gzip.compress(TEXT.encode())),
        ("GZip", gzip.compress(TEXT.encode()) + b"\0" * 100),
        ("x-gzip", gzip.compress(TEXT[:100].encode()) + gzip.compress(TEXT[100:].encode())),
        ("deflate", zlib.compress(TEXT.encode())),
        ("deflate", zlib.compress(TEXT.encode())[2:-4]),
        ("gzip, deflate", zlib.compress(gzip.compress(TEXT.encode()))),
        ("identity", TEXT.encode()),
        ("", TEXT.encode()),
    ],
    # gzip notes the second: two test processes would give the same test two names.
    ids=["gzip", "GZip padded", "x-gzip members", "zlib", "deflate", "gzip in zlib", "identity", "none"],
)
def test_content_encodings(encoding, payload):
    assert decode_body(payload, encoding).decode() == TEXT


def test_bodies_that_lie():
    assert decode_body(gzip.compress(b"x" * 10_000_000), "gzip", max_bytes=1000) == b"x" * 1000
    assert TEXT.encode().startswith(decode_body(gzip.compress(TEXT.encode())[:-20], "gzip"))
    for encoding, payload in (("gzip", b"<html>"), ("rot13", b"x")):
        with pytest.raises(WarcDamaged):
            decode_body(payload, encoding)
