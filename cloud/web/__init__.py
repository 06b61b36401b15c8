"""The web service: Flask routes under gunicorn, which check what devices send and serve what they ask for.

Nothing here trains.

May import `cloud.dataset`, `cloud.identity`, `cloud.overview`, `cloud.releases`, `cloud.spaces`, `cloud.store`,
`cloud.audit`, `cloud.deflate`, `cloud.errors`, `cloud.logs`, `cloud.proxies`, `cloud.settings` and `contract`.
"""
