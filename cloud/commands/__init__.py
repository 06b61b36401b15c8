"""The commands of `fedex-cloud`, a module for each group of them, which only wire modules together.

May import `cloud.admin`, `cloud.dataset`, `cloud.identity`, `cloud.overview`, `cloud.releases`, `cloud.spaces`,
`cloud.store`, `cloud.web`, `cloud.worker`, `cloud.audit`, `cloud.errors`, `cloud.label_limit`, `cloud.logs`,
`cloud.settings` and `contract`.
"""
