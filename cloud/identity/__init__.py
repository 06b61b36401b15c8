"""Who may do what: enrolment codes, devices and operators with their tokens, and how much one device may do at once.

May import `cloud.store`, `cloud.audit`, `cloud.errors` and `contract`.
"""
