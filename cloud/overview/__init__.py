"""What there is to see of a service: one value, read from the store, for `status`, the dashboard and the metrics.

`cloud.overview.reader` reads it, and nothing else; whoever shows it shows the same.

May import `cloud.dataset`, `cloud.identity`, `cloud.releases`, `cloud.spaces`, `cloud.store`, `cloud.errors` and
`contract`.
"""
