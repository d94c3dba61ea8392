"""Finding: user text in, ranked articles with snippets, facets and honest totals out."""

from archive.search.across import across
from archive.search.copies import Copy
from archive.search.facets import Facets
from archive.search.hits import Hit
from archive.search.query import Query, parse
from archive.search.results import Results, search

__all__ = ["Copy", "Facets", "Hit", "Query", "Results", "across", "parse", "search"]
