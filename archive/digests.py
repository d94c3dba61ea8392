"""Digests of bytes and of texts, in the forms WARC and the archive use."""

import base64
import hashlib
import unicodedata


def payload_digest(data: bytes) -> str:
    """Return the WARC form of the SHA-1 of *data*: "sha1:" and base 32."""
    return "sha1:" + base64.b32encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode("ascii")


def path_key(path: str) -> str:
    """Return the key by which `removed_paths` knows the path of a block: 60 bits of its SHA-256.

    With a million different paths two would share a key once in two million archives.
    """
    return base64.urlsafe_b64encode(hashlib.sha256(path.encode()).digest()).decode("ascii")[:10]


def text_digest(*parts: str) -> str:
    """Return "sha256:" and hex of the parts as NFC with white space folded.

    Two captures whose texts differ in spacing alone are one revision: portals re-indent their
    templates without editing a word.
    """
    hasher = hashlib.sha256()
    for part in parts:
        hasher.update(" ".join(unicodedata.normalize("NFC", part).split()).encode())
        hasher.update(b"\x1f")
    return "sha256:" + hasher.hexdigest()
