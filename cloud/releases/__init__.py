"""Releases and lists of spaces: what is current, signed; publishing, renewal, and the key.

The signed lists of spaces are here too, and the keys that sign, which follow one from the other.

May import `cloud.store`, `cloud.errors`, `cloud.logs` and `contract`.
"""
