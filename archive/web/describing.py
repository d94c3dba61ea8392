"""What Datasette is told of the tables: `metadata.yml`, with a description for every column that is there."""

from pathlib import Path
from typing import Any

import yaml

from archive.database import ArchiveDatabase

DATA = Path(__file__).with_name("metadata.yml")


def describe(db: ArchiveDatabase) -> dict[str, Any]:
    """Return the metadata of an open archive: each column described by its table, else by its name."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    metadata: dict[str, Any] = yaml.load(DATA.read_bytes(), Loader=loader)
    common = metadata.pop("columns")
    tables = metadata["databases"]["archive"]["tables"]
    for name, table in tables.items():
        if table.get("hidden"):
            continue
        own = table.get("columns", {})
        # The names are ours, from metadata.yml; a table of a later version is not there yet.
        names = [row[1] for row in db.execute(f'PRAGMA table_info("{name}")')]
        table["columns"] = {column: own.get(column) or common.get(column, "") for column in names}
    return metadata
