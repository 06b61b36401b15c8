"""The worker: the loop that merges what arrives and trains what is due, for all pools of a store.

May import every package of ``cloud`` but ``cloud.web`` and ``cloud.admin``.
"""
