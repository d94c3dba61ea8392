"""Alerts: which channels alarms go to, what they say, and an outbox that loses nothing and sends once."""
