"""The write path: what a crawl or an ingest learnt about URLs, stored whole or not at all."""

from archive.store.recording import Stored
from archive.store.store import Store

__all__ = ["Store", "Stored"]
