"""The device's cache: every SQL statement, and the SQLite file that `schema.sql` draws.

May import `device.answers`, `device.errors` and `contract`.
"""
