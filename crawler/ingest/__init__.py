"""Captures of other people in: WARC, WACZ, mirrors and saved pages take the road of a live page."""
