"""Registered feature spaces: their training bundles, as everybody but the operator reads them.

May import `cloud.store`, `cloud.errors` and `contract`.
"""
