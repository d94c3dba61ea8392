"""Drift: what each crawl shows of a portal, what is usual for it, and what is therefore to be told."""
