"""Finding: user text in, ranked articles with snippets, facets and honest totals out."""

from archive.search.facets import Facets
from archive.search.query import Query, parse
from archive.search.results import Hit, Results, search

__all__ = ["Facets", "Hit", "Query", "Results", "parse", "search"]
