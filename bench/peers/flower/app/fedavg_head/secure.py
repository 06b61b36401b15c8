"""The same with secure aggregation: SecAgg+, which Flower has for its older interface of clients alone.

Devices mask what they send, so that the server learns only the sum: four messages a round instead of one.
"""

from collections.abc import Callable
from typing import Any

from flwr.app import Context
from flwr.client import NumPyClient
from flwr.client.mod import secaggplus_mod
from flwr.clientapp import ClientApp
from flwr.common import ndarrays_to_parameters
from flwr.server import LegacyContext, ServerConfig
from flwr.server.strategy import FedAvg
from flwr.server.workflow import DefaultWorkflow, SecAggPlusWorkflow

from .client import own_photos
from .training import Floats, descend

SHARES, THRESHOLD = 5, 3
MAX_WEIGHT, CLIPPING = 10, 8.0


class Device(NumPyClient):  # type: ignore[misc]  # Flower is not in the environment that checks types
    """A device, as the older interface has it."""

    def __init__(self, context: Context) -> None:
        self.embeddings, self.labels = own_photos(context)

    def fit(self, parameters: list[Floats], config: dict[str, Any]) -> Any:
        """Take a round."""
        kernel, bias = parameters
        epochs, rate = int(config["epochs"]), float(config["rate"])
        trained = descend(kernel, bias, self.embeddings, self.labels, epochs=epochs, rate=rate)
        return list(trained), len(self.labels), {}


def aggregate_securely(
    grid: Any,
    context: Context,
    first: list[Floats],
    *,
    rounds: int,
    config: dict[str, Any],
    keep: Callable[[int, Any], None],
) -> None:
    """Average so many rounds; `keep` is told the layers before the first and after each, and its number."""
    strategy = FedAvg(
        fraction_evaluate=0.0,
        initial_parameters=ndarrays_to_parameters(first),
        on_fit_config_fn=lambda server_round: config,
        evaluate_fn=lambda server_round, layers, _: keep(server_round, layers),
    )
    workflow = DefaultWorkflow(
        fit_workflow=SecAggPlusWorkflow(SHARES, THRESHOLD, max_weight=MAX_WEIGHT, clipping_range=CLIPPING)
    )
    workflow(grid, LegacyContext(context, ServerConfig(num_rounds=rounds), strategy))


app = ClientApp(client_fn=lambda context: Device(context).to_client(), mods=[secaggplus_mod])
