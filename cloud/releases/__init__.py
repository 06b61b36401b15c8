"""Releases: which heads are current, their signed manifests, how one is published, and signed anew while it stands.

May import `cloud.store`, `cloud.errors`, `cloud.logs` and `contract`.
"""
