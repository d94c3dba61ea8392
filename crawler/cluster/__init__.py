"""Crawls, ingest and reading again on Dask: tasks, their shards, and how these come together."""
