"""Registered feature spaces, as everybody but the operator sees them: their training bundles are read, never written.

May import `cloud.store`, `cloud.errors` and `contract`.
"""
