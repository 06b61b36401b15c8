"""Releases: which heads are current, their signed manifests, and how a trained head is published.

May import `cloud.store`, `cloud.errors`, `cloud.logs` and `contract`.
"""
