"""Archives joined into one: WARC files first, then portals whole, then captures one by one (I1, I3)."""

from archive.merge.joining import Merged, merge

__all__ = ["Merged", "merge"]
