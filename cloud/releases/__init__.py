"""Releases: which heads are current, their signed manifests, how one is published, and signed anew while it stands.

The signed lists of spaces are here too, and the keys that sign, which follow one from the other.

May import `cloud.store`, `cloud.errors`, `cloud.logs` and `contract`.
"""
