"""Who may do what: enrolment codes, devices and operators with their tokens, and how much each may do.

May import `cloud.store`, `cloud.audit`, `cloud.errors` and `contract`.
"""
