"""Exports: the articles a search finds, in the forms that others read. All are deterministic."""

from archive.export.selection import Selection, select

__all__ = ["Selection", "select"]
