"""Running tasks in processes of their own: the protocol, and executors that keep it.

May import ``cloud.errors`` and ``contract``.
"""
