"""Tasks in processes of their own: the protocol that executors keep, the values that tasks carry, and executors.

May import `cloud.errors`, `export.keras_environment` and `contract`.
"""
