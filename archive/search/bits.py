"""Sets of articles as bits of an integer: bit n stands for article n."""

import re
from collections.abc import Collection, Iterable, Iterator

# Bytes that hold something: of a sparse set most are zero, and C skips these.
_FILLED = re.compile(rb"[^\x00]")
_HELD = tuple(tuple(bit for bit in range(8) if byte >> bit & 1) for byte in range(256))


def of_ids(ids: Iterable[int], highest: int) -> int:
    """Return the set of *ids*, none of them above *highest*."""
    made = bytearray(highest // 8 + 1)
    for one in ids:
        made[one >> 3] |= 1 << (one & 7)
    return int.from_bytes(made, "little")


def of_blob(blob: bytes) -> int:
    """Return the set that `as_blob` wrote."""
    return int.from_bytes(blob, "little")


def as_blob(bits: int) -> bytes:
    """Return a set as bytes: article n is bit n % 8 of byte n // 8."""
    return bits.to_bytes((bits.bit_length() + 7) // 8, "little")


def ids_of(bits: int) -> list[int]:
    """Return the articles of a set, in order."""
    blob = as_blob(bits)
    return [
        (found.start() << 3) + bit for found in _FILLED.finditer(blob) for bit in _HELD[blob[found.start()]]
    ]


def highest_of(bits: int, most: int) -> list[int]:
    """Return the *most* highest articles of a set, in order."""
    if bits.bit_count() <= most:
        return ids_of(bits)
    low, high = 0, bits.bit_length()
    # The place above which so many stand: 20 counts of the bits above it.
    while high - low > 1:
        middle = (low + high) // 2
        if (bits >> middle).bit_count() >= most:
            low = middle
        else:
            high = middle
    return [low + one for one in ids_of(bits >> low)]


class Members(Collection[int]):
    """The articles of a set: asked of one by one, counted, or gone through in order."""

    def __init__(self, bits: int) -> None:
        self._blob, self._count = as_blob(bits), bits.bit_count()
        self._bits = bits

    def __contains__(self, one: object) -> bool:
        return (
            isinstance(one, int)
            and one >> 3 < len(self._blob)
            and bool(self._blob[one >> 3] & 1 << (one & 7))
        )

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[int]:
        return iter(ids_of(self._bits))
