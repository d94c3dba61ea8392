"""MinHash signatures in bands: articles that share a key are worth comparing; the others never meet.

A stored signature is one key a band and a sketch, the last byte of every minimum, which says well enough how
alike two articles may be: most of those that share a key by chance need not be read to be told apart.
"""

import hashlib
import struct
from collections.abc import Iterable

from rensa import RMinHash

from archive.near_duplicates.likeness import LEAST_WORDS, RUN, runs_of

# 20 bands of 4: two texts of similarity 0.7 share a key with probability 0.996, of 0.6 with 0.94, of 0.3
# with 0.15. 25 bands of 5 find as much of 0.7 and miss twice as much of 0.6.
BANDS, ROWS = 20, 4
_SEED = 2021
_ALGORITHM = RMinHash(num_perm=1, seed=_SEED).ALGORITHM_VERSION
# Another way of making signatures makes the old ones worthless: they are made anew when this changes.
METHOD = f"rminhash {_ALGORITHM}, {BANDS} bands of {ROWS}, runs of {RUN}, seed {_SEED}, sketch"
_ROW = struct.Struct(f"<B{ROWS}I")
_KEYS = struct.Struct(f"<{BANDS}q")
_SIZE = _KEYS.size + BANDS * ROWS


def sign_text(title: str, lead: str, text: str) -> bytes:
    """Return the signature of an article; b"" for one that is too short to be compared."""
    words, runs = runs_of(title, lead, text)
    return sign(runs) if words >= LEAST_WORDS and runs else b""


def sign(runs: Iterable[str]) -> bytes:
    """Return the signature of the runs of a text."""
    minhash = RMinHash(num_perm=BANDS * ROWS, seed=_SEED)
    minhash.update(list(runs))
    minima = minhash.digest()
    keys = []
    for band in range(BANDS):
        row = _ROW.pack(band, *minima[band * ROWS : (band + 1) * ROWS])
        keys.append(int.from_bytes(hashlib.blake2b(row, digest_size=8).digest(), "little", signed=True))
    return _KEYS.pack(*keys) + bytes(minimum & 0xFF for minimum in minima)


def keys_of(signature: bytes) -> tuple[int, ...]:
    """Return the key of each band; () for an article that has no signature."""
    return tuple(_KEYS.unpack_from(signature)) if len(signature) == _SIZE else ()


def estimate(one: bytes, other: bytes) -> float:
    """Return about how alike two signed texts are, 0 to 1: within .16 in 999 cases of a thousand."""
    if len(one) != _SIZE or len(other) != _SIZE:
        return 0.0
    same = sum(map(int.__eq__, one[_KEYS.size :], other[_KEYS.size :]))
    return same / (BANDS * ROWS)
