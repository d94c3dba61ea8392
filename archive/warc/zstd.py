"""`.warc.zst` files: one zstd frame a record, with a dictionary in front where the tool trained one."""

import io
from pathlib import Path
from typing import IO, Any

import zstandard

FRAME = b"\x28\xb5\x2f\xfd"
# The dictionary stands in a skippable frame of its own, itself packed or not.
DICTIONARY = b"\x5d\x2a\x4d\x18"
ZSTD_STARTS = (FRAME, DICTIONARY)
_MAX_DICTIONARY_BYTES = 64 << 20


def open_zstd(path: Path) -> IO[bytes]:
    """Return the uncompressed bytes of a file as a stream; what is wrong with them raises OSError."""
    stream = path.open("rb")
    head = stream.read(8)
    data = None
    if head[:4] == DICTIONARY:
        words = stream.read(min(int.from_bytes(head[4:8], "little"), _MAX_DICTIONARY_BYTES))
        if words[:4] == FRAME:
            words = zstandard.ZstdDecompressor().decompress(words, max_output_size=_MAX_DICTIONARY_BYTES)
        data = zstandard.ZstdCompressionDict(words)
    else:
        stream.seek(0)
    unpacker = zstandard.ZstdDecompressor(dict_data=data) if data else zstandard.ZstdDecompressor()
    return io.BufferedReader(_Unpacked(unpacker.stream_reader(stream, read_across_frames=True)), 1 << 18)


class _Unpacked(io.RawIOBase):
    def __init__(self, reader: Any) -> None:
        self._reader = reader

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._reader.read(len(buffer))
        except zstandard.ZstdError as error:
            raise OSError(f"zstd: {error}") from error
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._reader.close()
        super().close()
