"""A torn tail, cut at every byte: whatever was whole stays, whatever was torn is moved aside."""

from datetime import UTC, datetime

import pytest

from archive.warc.reader import iterate
from archive.warc.recover import recover
from archive.warc.writer import RawRequest, RawResponse, WarcWriter


def written(folder, count=2):
    with WarcWriter(folder) as writer:
        places = [
            writer.write_exchange(
                RawRequest(f"http://a.gov.example/{number}", datetime(2026, 3, 1, tzinfo=UTC)),
                RawResponse(200, body=f"bài số {number}".encode()),
            )
            for number in range(count)
        ]
    return folder / places[0].file, places


def test_cut_at_every_byte(tmp_path):
    path, places = written(tmp_path / "warc")
    whole = path.read_bytes()
    last = places[-1]
    ends = [record.offset + record.length for record in iterate(path)]
    for size in range(last.offset, len(whole) + 1):
        path.write_bytes(whole[:size])
        found = recover(path.parent, {path.name: places[0].offset + places[0].length})
        end = max(end for end in ends if end <= size)
        assert path.read_bytes() == whole[:end], size
        assert bool(found.torn) == (end < size)
        assert len(found.orphans) == (1 if size >= last.offset + last.length else 0)
        if found.torn:
            torn = path.parent / found.torn[0]
            assert torn.read_bytes() == whole[end:size]
            torn.unlink()
        assert recover(path.parent, {}).torn == ()  # twice is once


def test_records_between_those_with_rows_are_found_and_nothing_known_is_cut(tmp_path):
    path, places = written(tmp_path, count=4)
    ends = {path.name: places[3].offset + places[3].length}
    known = {path.name: {places[1].offset, places[3].offset}}
    assert [one.offset for one in recover(tmp_path, ends, known).orphans] == [places[2].offset]
    assert recover(tmp_path, ends).orphans == ()
    whole = path.read_bytes()
    path.write_bytes(whole[: places[2].offset + 40] + b"\0" + whole[places[2].offset + 41 :])
    damaged = path.read_bytes()
    assert recover(tmp_path, ends, known).orphans == ()
    assert path.read_bytes() == damaged


@pytest.mark.parametrize("noise", [b"\0" * 5000, b"\x1f\x8b\x08\0garbage", b"WARC/1.1\r\n"])
def test_what_a_power_cut_leaves(tmp_path, noise):
    path, places = written(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole + noise + whole)
    found = recover(tmp_path, {})
    assert path.read_bytes() == whole
    assert [orphan.offset for orphan in found.orphans] == [place.offset for place in places]
    assert found.orphans[0].url == "http://a.gov.example/0"
    assert found.orphans[0].record_id == places[0].record_id


def test_rows_beyond_the_end_are_said_and_nothing_is_touched(tmp_path):
    path, _places = written(tmp_path)
    size = path.stat().st_size
    found = recover(tmp_path, {path.name: size + 10, "gone.warc.gz": 5})
    assert found.short == (path.name, "gone.warc.gz")
    assert path.stat().st_size == size


def test_a_file_with_nothing_whole_moves_entirely(tmp_path):
    path, _places = written(tmp_path)
    path.write_bytes(path.read_bytes()[:50])
    assert recover(tmp_path, {}).torn == (f"torn/{path.name}.0",)
    assert not path.exists()
