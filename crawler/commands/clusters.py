"""The options of commands that also run on a cluster."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def cluster_options(command: F) -> F:
    """Add --cluster, --shards and --keep-shards."""
    for option in (
        click.option(
            "--keep-shards", is_flag=True, help="With --cluster: leave the shards, do not join them yet."
        ),
        click.option(
            "--shards",
            type=click.Path(path_type=Path, file_okay=False),
            metavar="DIR",
            help="With --cluster: where workers keep their shards. [default: beside the archive]",
        ),
        click.option(
            "--cluster",
            metavar="tcp://HOST:8786",
            help="Run on the workers of a Dask scheduler, or on local:N processes.",
        ),
    ):
        command = option(command)
    return command
