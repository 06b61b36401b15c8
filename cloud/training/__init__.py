"""One training cycle: when it is due, what it learns from, its trials, and the choice of the head to publish.

Modules that run in a cycle's processes import Keras and ``export``; the worker's own side never does. May import
``cloud.dataset``, ``cloud.releases``, ``cloud.spaces``, ``cloud.store``, the top of ``cloud``, ``contract`` and
``export``.
"""
