"""The one list of schema migrations: append-only, applied in order, each in its own transaction."""

from sqlite_utils import Migrations

migrations = Migrations("khocong")
