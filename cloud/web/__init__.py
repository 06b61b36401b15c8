"""The web service: Flask routes under gunicorn, which check what devices send and serve what they ask for.

May import ``cloud.dataset``, ``cloud.identity``, ``cloud.releases``, ``cloud.spaces``, ``cloud.store``, the top of
``cloud`` and ``contract``; nothing that trains.
"""
