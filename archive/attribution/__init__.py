"""Where an article comes from: a text for people; Dublin Core, RIS, BibTeX and CSL-JSON for programs."""

from collections.abc import Callable

from archive.attribution.apa import apa
from archive.attribution.facts import Attribution, attribution_of
from archive.attribution.formats import csl_json, dublin_core
from archive.attribution.markup import bibtex, ris
from archive.attribution.statement import statement

__all__ = [
    "FORMATS",
    "Attribution",
    "apa",
    "attribution_of",
    "bibtex",
    "csl_json",
    "dublin_core",
    "ris",
    "statement",
]

# What `khocong cite --format` and the web page offer: name → (media type, file name's end, writer).
FORMATS: dict[str, tuple[str, str, Callable[[Attribution], str]]] = {
    "ris": ("application/x-research-info-systems", "ris", ris),
    "bibtex": ("application/x-bibtex", "bib", bibtex),
    "csl": ("application/vnd.citationstyles.csl+json", "json", csl_json),
    "dc": ("application/json", "json", dublin_core),
}
