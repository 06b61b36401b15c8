"""The dashboard: pages for operators, made on the server from an overview, with no script and nothing from elsewhere.

`views` answers, `session` knows who asks, `watch` reads the overview, `figure` and `charts` compute what is drawn, and
the templates draw it.

May import `cloud.web`, `cloud.overview`, `cloud.identity`, `cloud.store`, `cloud.audit`, `cloud.errors` and `contract`.
"""
