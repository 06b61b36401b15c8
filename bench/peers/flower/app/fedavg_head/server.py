"""The server's side: Flower's own FedAvg, from the layers in the file `start`, for some rounds.

The first two arrays are the last layer's kernel and bias, which are what comes into the file `out`.
"""

import numpy as np
from flwr.app import ArrayRecord, ConfigRecord, Context
from flwr.serverapp import Grid, ServerApp
from flwr.serverapp.strategy import FedAvg


def main(grid: Grid, context: Context) -> None:
    """Average."""
    config = context.run_config
    nodes = int(config["nodes"])
    with np.load(str(config["start"])) as start:
        first = ArrayRecord([start[name] for name in start.files])
    strategy = FedAvg(fraction_evaluate=0.0, min_train_nodes=nodes, min_available_nodes=nodes)
    result = strategy.start(
        grid=grid,
        initial_arrays=first,
        num_rounds=int(config["rounds"]),
        train_config=ConfigRecord({"epochs": int(config["epochs"]), "rate": float(config["rate"])}),
    )
    kernel, bias, *_ = result.arrays.to_numpy_ndarrays()
    np.savez(str(config["out"]), kernel=kernel, bias=bias)


app = ServerApp()
app.main()(main)
