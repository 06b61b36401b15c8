"""How fast Keras trains a head of the reference network, step by step: all of it, as the paper's Table 1 has it.

One batch lies where it is computed, and the steps follow each other there: nothing is loaded, and Python does not come
in between. Keras is loaded for one backend, so a measurement takes a process of its own.

The operations of a step are counted from the graph: two for each multiplication with an addition, forward; as many
again for the gradient by a layer's weights; and as many again for the gradient by its inputs, where anything before it
trains. What has no kernel is left out, and so is the optimizer.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.timing import seconds
from contract.cuts import CUTS
from export.keras_environment import JAX, keras_environment
from export.quiet import silence, silence_tensorflow

WHOLE = "full"
"""The cut before which nothing is frozen."""
PROCESSOR = "cpu"

Batch = tuple[NDArray[np.float32], NDArray[np.int32]]
"""Features (n, *shape) and labels (n,)."""
Run = Callable[[int], None]
"""Trains so many steps, and returns once they are done."""


@dataclass(frozen=True, slots=True)
class Amount:
    """How much is trained, and for how long."""

    classes: int
    batch: int
    repeats: int
    least_s: float
    """Of one repeat, where a step is shorter."""
    repeats_of_long_steps: int
    """Where one step takes about that long or longer."""
    product_side: int
    """Of the square matrices by which the machine's rate is taken."""


@dataclass(frozen=True, slots=True)
class Rates:
    """What one way of training came to, repeat by repeat."""

    images_a_second: tuple[float, ...]
    images_a_processor_second: tuple[float, ...] = ()
    device_name: str = ""
    """Where whoever trained told it by itself."""


@dataclass(frozen=True, slots=True)
class Steps:
    """A head, and how fast it trained."""

    device: str
    """As Keras names it, "cpu:0" or "gpu:0"."""
    device_name: str
    """As its maker names it, where it is a GPU."""
    feature_shape: tuple[int, ...]
    trained_parameters: int
    parameters: int
    """Those that do not train too: statistics of batches."""
    operations: int
    """For one image of a step."""
    rates: Rates
    products_a_second: tuple[float, ...]
    """Operations a second of a large product of float32 matrices, before each repeat."""


def measure_each(cuts: Sequence[str], backend: str, amount: Amount) -> list[Steps]:
    """Train the heads of some cuts one after another; as `measure_steps`."""
    return [measure_steps(cut, backend, amount) for cut in cuts]


def measure_steps(cut: str, backend: str, amount: Amount) -> Steps:
    """Train a cut's head on a backend; only in a process that has not loaded Keras."""
    device, device_name = find_device(backend), name_device(backend)
    head = make_head(cut, classes=amount.classes)
    compile_head(head)
    batch = random_batch(cut, amount)
    run = _on_jax(head, batch) if backend == JAX else _on_tensorflow(head, batch)
    run(1)  # builds the graph
    taken = _repeats(partial(_repeat, run, amount), amount)
    return Steps(
        device,
        device_name,
        tuple(head.input_shape[1:]),
        _trained_parameters(head),
        head.count_params(),
        operations_an_image(head),
        Rates(tuple(one.images_a_second for one in taken), tuple(one.images_a_processor_second for one in taken)),
        tuple(one.products_a_second for one in taken),
    )


@dataclass(frozen=True, slots=True)
class _Repeat:
    """One repeat."""

    images_a_second: float
    images_a_processor_second: float
    products_a_second: float


def _repeats(repeat: Callable[[int], _Repeat], amount: Amount) -> list[_Repeat]:
    """Train one step to see how long it takes, and then as often as that asks for; a long one counts itself."""
    first = repeat(1)
    steps = round(amount.least_s * first.images_a_second / amount.batch)
    if steps > 1:
        return [repeat(steps) for _ in range(amount.repeats)]
    return [first, *(repeat(1) for _ in range(amount.repeats_of_long_steps - 1))]


def _repeat(run: Run, amount: Amount, steps: int) -> _Repeat:
    products = products_a_second(amount.product_side)
    began, images = time.process_time(), steps * amount.batch
    wall_s = seconds(partial(run, steps))
    return _Repeat(images / wall_s, images / (time.process_time() - began), products)


def find_device(backend: str) -> str:
    """Return what Keras computes on; only in a process that has not loaded it for another backend."""
    return str(load_keras(backend).distribution.list_devices()[0])


def name_device(backend: str) -> str:
    """Return the name of the GPU that a backend computes on, or the device as Keras names it; as `find_device`."""
    device = find_device(backend)
    if is_processor(device):
        return device
    if backend == JAX:
        import jax

        return str(jax.devices()[0].device_kind)
    import tensorflow as tf

    [gpu, *_] = tf.config.list_physical_devices("GPU")
    return str(tf.config.experimental.get_device_details(gpu).get("device_name", device))


def is_processor(device: str) -> bool:
    """Tell whether a device, as Keras names it, is the machine's processor."""
    return device.startswith(PROCESSOR)


def load_keras(backend: str) -> Any:
    """Import Keras for a backend, without its greetings."""
    os.environ.update(keras_environment(os.environ, backend=backend))
    silence_tensorflow()
    with silence():
        import keras

        keras.ops.zeros(1)
    return keras


def make_head(cut: str, *, classes: int) -> Any:
    """Return what trains behind a cut: the whole network, or a part of it, with weights that the last one left."""
    from export.network.split import split_model

    network = _network(classes)
    return network if cut == WHOLE else split_model(network, CUTS[cut].layer).head


@lru_cache(maxsize=1)
def _network(classes: int) -> Any:
    from export.network.inception_resnet_v1 import build

    return build(classes=classes)


def random_batch(cut: str, amount: Amount, *, batches: int = 1) -> Batch:
    """Return features that nothing can be learnt from, of a cut's shape, and labels."""
    random = np.random.default_rng(0)
    count = batches * amount.batch
    features = random.standard_normal((count, *CUTS[cut].feature_shape), np.float32)
    return features, random.integers(0, amount.classes, count).astype(np.int32)


def compile_head(head: Any) -> None:
    """Give a head the loss and the optimizer that FEDEx trains by, and the optimizer its memory."""
    import keras

    from export.heads.keras_training import cross_entropy

    head.compile(optimizer=keras.optimizers.Adam(1e-3), loss=cross_entropy)
    head.optimizer.build(head.trainable_variables)


def operations_an_image(head: Any) -> int:
    """Count the floating-point operations of a step, for one image; the module says how."""
    from export.network.graph import in_order
    from export.network.work import multiply_adds

    total, trained = 0, set[int]()
    for node in in_order(head.inputs, head.outputs):
        own = bool(node.operation.trainable_variables)
        before = any(id(tensor) in trained for tensor in node.input_tensors)
        total += 2 * multiply_adds(node) * (1 + own + before)
        if own or before:
            trained.update(id(tensor) for tensor in node.outputs)
    return total


def products_a_second(side: int) -> float:
    """Return operations a second of a square float32 product on the device of Keras; on a processor also by numpy."""
    import keras

    left = np.random.default_rng(0).standard_normal((side, side), np.float32)
    tensor = keras.ops.convert_to_tensor(left)
    calls: list[Callable[[], object]] = [lambda: float(keras.ops.matmul(tensor, tensor)[0, 0])]
    if is_processor(find_device(keras.backend.backend())):
        calls.append(lambda: left @ left)
    return 2 * side**3 / min(_fastest(call) for call in calls)


def _fastest(call: Callable[[], object]) -> float:
    call()
    return min(seconds(call), seconds(call))


def _on_tensorflow(head: Any, batch: Batch) -> Run:
    """Let XLA compile what has no convolution: those it compiles for minutes."""
    import tensorflow as tf

    tensors = tuple(tf.constant(array) for array in batch)

    @tf.function(autograph=False, jit_compile=batch[0].ndim == 2)  # type: ignore[untyped-decorator]  # TensorFlow ships no types
    def steps(count: Any) -> Any:
        def step(number: Any, loss: Any) -> tuple[Any, Any]:
            return number + 1, head.train_step(tensors)["loss"]

        begin = tf.constant(0), tf.constant(0.0)
        return tf.while_loop(lambda number, loss: number < count, step, begin, parallel_iterations=1)[1]

    return lambda count: _wait_for(steps(tf.constant(count)))


def _on_jax(head: Any, batch: Batch) -> Run:
    import jax

    parts = head.trainable_variables, head.non_trainable_variables, head.optimizer.variables, head.metrics_variables
    state: Any = tuple([variable.value for variable in part] for part in parts)
    tensors = jax.device_put(batch)

    @jax.jit
    def steps(state: Any, tensors: Any, count: Any) -> Any:
        return jax.lax.fori_loop(0, count, lambda _, state: head.train_step(state, tensors)[1], state)

    def run(count: int) -> None:
        nonlocal state
        state = steps(state, tensors, count)
        state[-1][0].block_until_ready()

    return run


def _wait_for(loss: Any) -> None:
    """Read a number that the last step computed; until then a GPU may be at work."""
    float(loss)


def _trained_parameters(head: Any) -> int:
    from export.network.split import trainable_parameters

    return trainable_parameters(head)
