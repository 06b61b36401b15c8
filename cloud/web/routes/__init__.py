"""The service's routes: a blueprint for each resource of `contract.routes`.

A path of the contract, "/v1/objects/{sha256}", is a rule of Flask, "/v1/objects/<sha256>".

May import `cloud.web`, `cloud.dataset`, `cloud.identity`, `cloud.releases`, `cloud.store`, `cloud.errors` and
`contract`.
"""


def rule(path: str) -> str:
    """Turn a path of the contract into Flask's form."""
    return path.replace("{", "<").replace("}", ">")
