"""A head that trains inside TFLite: the only home of its graph, which has builtin operators alone.

Signatures, all of float32 but `labels` (int32); a batch is of any size::

    restore   kernel (d, classes), bias (classes,)          takes a head that is in use
    train     embeddings (n, d), labels (n,), rate ()       one step of SGD on softmax; returns the loss
    save      returns kernel and bias

TensorFlow's own operators to save variables in files are none that the runtimes have, so arrays go in and out. The
gradient is written out, since that is the smallest graph; TensorFlow's tape gives the same one.
"""

from __future__ import annotations

from pathlib import Path

from bench.isolated import in_fresh_process


def convert_head(path: Path, *, dimensions: int, classes: int) -> None:
    """Write a head that trains to a TFLite file, in a process of its own, for TensorFlow's sake."""
    in_fresh_process(_convert, path, dimensions, classes)


def _convert(path: Path, dimensions: int, classes: int) -> None:
    from export.quiet import import_quietly

    import_quietly("tensorflow")
    import tensorflow as tf

    class Head(tf.Module):  # type: ignore[misc]  # TensorFlow ships no types
        def __init__(self) -> None:
            super().__init__()
            self.kernel = tf.Variable(tf.zeros((dimensions, classes)))
            self.bias = tf.Variable(tf.zeros(classes))

        @tf.function(  # type: ignore[untyped-decorator]
            input_signature=[
                tf.TensorSpec((None, dimensions), tf.float32, name="embeddings"),
                tf.TensorSpec((None,), tf.int32, name="labels"),
                tf.TensorSpec((), tf.float32, name="rate"),
            ]
        )
        def train(self, embeddings: tf.Tensor, labels: tf.Tensor, rate: tf.Tensor) -> dict[str, tf.Tensor]:
            wanted = tf.one_hot(labels, classes)
            answers = tf.nn.softmax(embeddings @ self.kernel + self.bias)
            loss = -tf.reduce_mean(tf.reduce_sum(wanted * tf.math.log(answers + 1e-7), axis=1))
            gradient = (answers - wanted) / tf.cast(tf.shape(embeddings)[0], tf.float32)
            self.kernel.assign_sub(rate * tf.matmul(embeddings, gradient, transpose_a=True))
            self.bias.assign_sub(rate * tf.reduce_sum(gradient, axis=0))
            return {"loss": loss}

        @tf.function(input_signature=[])  # type: ignore[untyped-decorator]
        def save(self) -> dict[str, tf.Tensor]:
            return {"kernel": self.kernel.read_value(), "bias": self.bias.read_value()}

        @tf.function(  # type: ignore[untyped-decorator]
            input_signature=[
                tf.TensorSpec((dimensions, classes), tf.float32, name="kernel"),
                tf.TensorSpec((classes,), tf.float32, name="bias"),
            ]
        )
        def restore(self, kernel: tf.Tensor, bias: tf.Tensor) -> dict[str, tf.Tensor]:
            self.kernel.assign(kernel)
            self.bias.assign(bias)
            return {"classes": tf.shape(bias)[0]}

    head = Head()
    saved = path.with_suffix(".saved")
    tf.saved_model.save(
        head, str(saved), signatures={name: getattr(head, name) for name in ("train", "save", "restore")}
    )
    converter = tf.lite.TFLiteConverter.from_saved_model(str(saved))
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    converter.experimental_enable_resource_variables = True
    path.write_bytes(converter.convert())
