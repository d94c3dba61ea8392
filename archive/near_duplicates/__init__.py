"""The same text on several portals: found as articles arrive, with what was changed and who was first."""

from archive.near_duplicates.reading import NearDuplicate, changes, duplicates_of
from archive.near_duplicates.update import Updated, update

__all__ = ["NearDuplicate", "Updated", "changes", "duplicates_of", "update"]
