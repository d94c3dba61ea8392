"""MinHash signatures in bands: articles that share a key are worth comparing; the others never meet."""

import hashlib
import struct
from collections.abc import Iterable

from rensa import RMinHash

from archive.near_duplicates.likeness import RUN

# 20 bands of 4: two texts of similarity 0.7 share a key with probability 0.996, of 0.6 with 0.94, of 0.3
# with 0.15. 25 bands of 5 find as much of 0.7 and miss twice as much of 0.6.
BANDS, ROWS = 20, 4
_SEED = 2021
_ALGORITHM = RMinHash(num_perm=1, seed=_SEED).ALGORITHM_VERSION
# Another way of making signatures makes the old ones worthless: they are made anew when this changes.
METHOD = f"rminhash {_ALGORITHM}, {BANDS} bands of {ROWS}, runs of {RUN}, seed {_SEED}"
_ROW = struct.Struct(f"<B{ROWS}I")
_KEYS = struct.Struct(f"<{BANDS}q")


def keys_of(runs: Iterable[str]) -> tuple[int, ...]:
    """Return one 64-bit key a band for the runs of a text."""
    minhash = RMinHash(num_perm=BANDS * ROWS, seed=_SEED)
    minhash.update(list(runs))
    minima = minhash.digest()
    keys = []
    for band in range(BANDS):
        row = _ROW.pack(band, *minima[band * ROWS : (band + 1) * ROWS])
        keys.append(int.from_bytes(hashlib.blake2b(row, digest_size=8).digest(), "little", signed=True))
    return tuple(keys)


def pack(keys: Iterable[int]) -> bytes:
    """Return keys as they are stored."""
    return _KEYS.pack(*keys)


def unpack(stored: bytes) -> tuple[int, ...]:
    """Return the keys of a stored signature; () for an article that has none."""
    return tuple(_KEYS.unpack(stored)) if len(stored) == _KEYS.size else ()
