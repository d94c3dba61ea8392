"""How an archive is put before the public: an immutable snapshot, and what nginx and systemd must be told."""

import hashlib
import json
import os
import sqlite3
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from archive.backup import back_up
from archive.database import DATABASE_NAME
from archive.errors import UsageError

# In a folder with this file nobody writes: Datasette may open it as immutable, and count once.
SNAPSHOT_NAME = "snapshot.json"


def origin_of(url: str) -> str:
    """Return the origin of a public address, "" for "". Raises UsageError for what is none.

    >>> origin_of("https://kho.example.vn/")
    'https://kho.example.vn'
    """
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        parts, port = urlsplit(""), ""
    host = parts.hostname or ""
    clean = host and all(char.isalnum() or char in "-." for char in host)
    if parts.scheme not in ("http", "https") or not clean or parts.path not in ("", "/") or parts.query:
        raise UsageError(f"{url!r} is no public address; write it as https://kho.example.vn")
    return f"{parts.scheme}://{host}{port}"


def snapshot(archive_dir: Path, target: Path) -> dict[str, object]:
    """Copy the archive into *target* as one unchanging file beside its WARC files; return what it is.

    The copy needs no log and no lock: any number of readers open it, also from a read-only disk.
    """
    if (target / SNAPSHOT_NAME).exists():
        raise UsageError(f"{target} is a snapshot already; name a new folder")
    back_up(archive_dir, target)
    database = target / DATABASE_NAME
    with closing(sqlite3.connect(database, isolation_level=None)) as conn:
        conn.execute("PRAGMA journal_mode = DELETE")
        conn.execute("PRAGMA optimize = 0x10002")
        names = [name for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        # Counted here, once: Datasette would count every table before its first page.
        rows = {name: conn.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}
    database.chmod(0o444)
    made: dict[str, object] = {
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "articles": rows["articles"],
        "size_bytes": database.stat().st_size,
        "rows": rows,
    }
    (target / SNAPSHOT_NAME).write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")
    return made


def is_snapshot(archive_dir: Path) -> bool:
    """Say whether nobody writes the archive in *archive_dir*: a snapshot, or a read-only folder."""
    log = (archive_dir / DATABASE_NAME).with_name(f"{DATABASE_NAME}-wal")
    return not log.exists() and (
        (archive_dir / SNAPSHOT_NAME).exists() or not os.access(archive_dir, os.W_OK)
    )


def inspected(archive_dir: Path) -> dict[str, Any]:
    """Return what Datasette would find out of an unchanging database by reading all of it.

    Its rows are counted when a snapshot is made; of a folder that is only read-only they are not known.
    """
    database, told = archive_dir / DATABASE_NAME, archive_dir / SNAPSHOT_NAME
    rows = json.loads(told.read_bytes()).get("rows", {}) if told.exists() else {}
    with closing(sqlite3.connect(f"{database.resolve().as_uri()}?immutable=1", uri=True)) as conn:
        names = [name for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    stat = database.stat()
    return {
        "hash": hashlib.sha256(f"{stat.st_size} {stat.st_mtime_ns}".encode()).hexdigest(),
        "size": stat.st_size,
        "file": str(database),
        "tables": {name: {"count": rows.get(name)} for name in names},
    }


def nginx(origin: str, replay: str, port: int, replay_port: int) -> str:
    """Return the servers of nginx for the pages and for the captures, each under its own host."""
    return "\n".join(_server(one, at) for one, at in ((origin, port), (replay, replay_port)))


def _server(origin: str, port: int) -> str:
    parts = urlsplit(origin)
    listen = (
        "    listen 443 ssl;  # ssl_certificate …; ssl_certificate_key …;\n"
        if parts.scheme == "https"
        else ""
    )
    return (
        f"server {{\n    server_name {parts.hostname};\n"
        f"{listen or '    listen 80;' + chr(10)}"
        # The URL within /timegate/https://… keeps its two slashes.
        "    merge_slashes off;\n"
        f"    location / {{\n        proxy_pass http://127.0.0.1:{port};\n"
        "        proxy_set_header Host $host;\n        proxy_read_timeout 30s;\n    }\n"
        "    # One reader must not take all: 10 requests a second each, with\n"
        "    #   limit_req_zone $binary_remote_addr zone=kho:10m rate=10r/s;   in http { }\n"
        "    # limit_req zone=kho burst=40 nodelay;\n}\n"
    )


def systemd(archive_dir: Path, origin: str, replay: str, port: int, replay_port: int) -> str:
    """Return the unit that keeps the server running, with no more rights than reading takes."""
    folder = archive_dir.resolve()
    return (
        "[Unit]\nDescription=Kho Cổng\nAfter=network.target\n\n[Service]\n"
        f"ExecStart={sys.executable} -m archive serve --archive {_quoted(str(folder))} --port {port} "
        f"--replay-port {replay_port} --public {origin} --replay-public {replay} --published\n"
        "DynamicUser=yes\nProtectSystem=strict\nProtectHome=read-only\nPrivateTmp=yes\nNoNewPrivileges=yes\n"
        "Restart=on-failure\n\n[Install]\nWantedBy=multi-user.target\n"
    )


def _quoted(path: str) -> str:
    return '"' + path.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%") + '"'
