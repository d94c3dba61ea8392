"""Browsing: Datasette with our pages, for people who read rather than query."""
