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


def dictionary(db: ArchiveDatabase) -> str:
    """Return the data dictionary as Markdown: every table and view, every column, type and reference."""
    tables = describe(db)["databases"]["archive"]["tables"]
    kinds = dict(
        db.execute("SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view')").fetchall()
    )
    parts = [
        "# Data dictionary\n\nMade by `khocong sql --dictionary` from the schema; a test holds it to it.\n"
        "Times are ISO 8601 with offset, or a bare date when only the day is known. Texts are as published"
        " (NFC).\n"
    ]
    for name, table in tables.items():
        if table.get("hidden") or name not in kinds:
            continue
        points_at = {row[3]: f"{row[2]}.{row[4]}" for row in db.execute(f'PRAGMA foreign_key_list("{name}")')}
        parts.append(f"\n## {name} ({kinds[name]})\n\n{table.get('description', '')}\n")
        parts.append("\n| column | type | |\n|---|---|---|\n")
        for row in db.execute(f'PRAGMA table_info("{name}")').fetchall():
            said = table["columns"].get(row[1], "")
            said += f" → `{points_at[row[1]]}`" if row[1] in points_at else ""
            said = f"{said} (key)" if row[5] else said
            parts.append(f"| `{row[1]}` | {(row[2] or '').lower()} | {said.replace('|', chr(92) + '|')} |\n")
    return "".join(parts)
