"""The service's routes: a blueprint for each resource of ``contract.routes``.

A path of the contract, "/v1/objects/{sha256}", is a rule of Flask, "/v1/objects/<sha256>".
"""


def rule(path: str) -> str:
    """Flask's form of a path of the contract."""
    return path.replace("{", "<").replace("}", ">")
