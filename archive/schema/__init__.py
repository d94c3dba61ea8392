"""The schema, one migration a file; importing this package registers all of them, in order."""

from archive.schema import (
    m0001_initial,
    m0002_search,
    m0003_rechecks,
    m0004_readings,
    m0005_files,
    m0006_near_duplicates,
    m0009_places,
    m0010_issuers,
    m0011_sightings,
    m0012_fixity,
    m0013_premis,
    m0014_finding,
    m0015_text_first,
    m0016_by_month,
    m0017_removed,
    m0021_run_reports,
    m0022_health,
)
from archive.schema.registry import migrations

__all__ = [
    "m0001_initial",
    "m0002_search",
    "m0003_rechecks",
    "m0004_readings",
    "m0005_files",
    "m0006_near_duplicates",
    "m0009_places",
    "m0010_issuers",
    "m0011_sightings",
    "m0012_fixity",
    "m0013_premis",
    "m0014_finding",
    "m0015_text_first",
    "m0016_by_month",
    "m0017_removed",
    "m0021_run_reports",
    "m0022_health",
    "migrations",
]
