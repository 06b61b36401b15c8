"""What trainers can do, with last layers of any size trained by Keras, as large ones are."""

from cloud.training import trainer
from cloud.training.executors.executor import Operations
from export.heads import fit


def operations() -> Operations:
    """Return what `cloud.training.trainer` does."""
    fit.MOST_PRODUCTS_IN_NUMPY = 0
    return trainer.operations()
