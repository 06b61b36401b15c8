"""What a cycle does to heads besides training them, in a process that has TensorFlow: embedding and conversion.

Before the trials it puts the features of new rows through best's body, and answers all rows. While they run, it
converts best's head, whose files are templates of later ones with the same body (`export.tflite.template`). After the
trials it makes TFLite files of the challenger and compares them with Keras on real features; TFLite runs in yet another
process.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping

import keras
import numpy as np

from cloud.training.answers import answer_rows
from cloud.training.conversion import ConversionInputs, ConversionOutcome
from cloud.training.executors.arrays import Collect, Floats, collect_in_memory
from cloud.training.executors.executor import Operations
from cloud.training.executors.task_data import TaskData
from cloud.training.heads import MOST_HEADS, BundleHeads, embed_features, has_weights, head_id
from cloud.training.known_rows import KnownRows
from cloud.training.values import (
    CONVERT,
    EMBED,
    Answers,
    EmbeddingInputs,
    EmbeddingOutcome,
    join,
)
from contract.callbacks import Progress, ignore
from contract.cuts import HEAD_SIGNATURE
from contract.documents import Json
from contract.manifest import Precision
from export.errors import ParityError
from export.network.classifier import HeadParts, put_together
from export.tflite.convert import convert_head
from export.tflite.parity import ParityReport, check_head, compare_logits
from export.tflite.process import TFLiteProcess
from export.tflite.template import HeadTemplate

PRECISIONS = (Precision.FLOAT32, Precision.DYNAMIC)


def operations() -> Operations:
    """Return what the converter's process can do."""
    converter = Converter()
    return Operations(
        {EMBED: converter.operate_embedding, CONVERT: converter.operate},
        prepare=converter.prepare,
        rest=keras.utils.clear_session,
    )


def embed_with_best(
    inputs: EmbeddingInputs,
    *,
    heads: BundleHeads | None = None,
    progress: Progress = ignore,
    collect: Collect = collect_in_memory,
) -> EmbeddingOutcome:
    """Put new rows through best's body, and answer all with best and with the bundle's own head."""
    heads = heads or BundleHeads()
    best = heads.load(inputs.head_file, inputs.best)
    embeddings = new = _embed_new(inputs, inputs.known, best.body, progress, collect)
    if not inputs.known.new.all():
        embeddings = collect(inputs.known.gather(new), (len(inputs.known), new.shape[1]))
    classifier, temperature = (best.kernel, best.bias), inputs.temperatures.best
    answers = answer_rows(embeddings, classifier, temperature=temperature, progress=progress)
    first, new_to_first = answers, None
    if inputs.known_to_first is not None:
        first, new_to_first = _answer_through_first(inputs, inputs.known_to_first, heads, progress, collect)
    elif inputs.best is not None:
        first = _answer_with(heads.load(inputs.head_file, None), [embeddings], inputs, progress)
    return EmbeddingOutcome(
        embeddings=embeddings,
        first=first,
        best=answers,
        kernel=best.kernel,
        bias=best.bias,
        can_fine_tune=has_weights(best.body),
        new_to_first=new_to_first,
    )


def _embed_new(
    inputs: EmbeddingInputs, known: KnownRows, body: keras.Model, progress: Progress, collect: Collect
) -> Floats:
    """Embed the rows (k, d) that are new to a body."""
    rows = np.flatnonzero(known.new[inputs.new])
    return embed_features(body, inputs.features, rows=rows, progress=progress, collect=collect)


def _answer_through_first(
    inputs: EmbeddingInputs, known: KnownRows, heads: BundleHeads, progress: Progress, collect: Collect
) -> tuple[Answers, Floats]:
    """Answer all rows with the bundle's own head, body and all; return also the embeddings of what is new to it."""
    first = heads.load(inputs.head_file, None)
    new = _embed_new(inputs, known, first.body, progress, collect)
    return _answer_with(first, known.gather(new), inputs, progress), new


def _answer_with(first: HeadParts, parts: Iterable[Floats], inputs: EmbeddingInputs, progress: Progress) -> Answers:
    classifier, temperature = (first.kernel, first.bias), inputs.temperatures.first
    return join(answer_rows(part, classifier, temperature=temperature, progress=progress) for part in parts)


class Converter:
    """Makes TFLite files of heads; what heads of one body have in common is made once."""

    def __init__(self) -> None:
        self._tflite: TFLiteProcess | None = None
        self._heads = BundleHeads()
        self._templates: dict[tuple[str, Precision], HeadTemplate] = {}
        self._latest: tuple[str, HeadParts] | None = None
        """A head that was embedded with, and the bundle that its body is of, until `prepare` has used it."""

    def prepare(self) -> TFLiteProcess:
        """Start TFLite, and make templates of the body that is in use, or convert a tiny head.

        The first conversion loads what TensorFlow loads late.
        """
        tflite = self._running()
        feature = keras.Input((2,))
        if self._latest is not None:
            (bundle, parts), self._latest = self._latest, None
            for precision in PRECISIONS:
                self._convert_whole(parts, precision, bundle)
        elif not self._templates:
            convert_head(keras.Model(feature, keras.layers.Dense(2)(feature)), precision=Precision.DYNAMIC)
        return tflite

    def embed(self, inputs: EmbeddingInputs, *, progress: Progress = ignore, collect: Collect) -> EmbeddingOutcome:
        """Embed: see `embed_with_best`."""
        outcome = embed_with_best(inputs, heads=self._heads, progress=progress, collect=collect)
        if inputs.best is None or not len(inputs.best.body):
            body = self._heads.load(inputs.head_file, None).body
            self._latest = head_id(inputs.head_file), HeadParts(body, outcome.kernel, outcome.bias)
        return outcome

    def convert(self, inputs: ConversionInputs, *, progress: Progress = ignore) -> ConversionOutcome:
        """Make the files of a head, their logits on the golden sample, and how far they are from Keras.

        A quantised file beyond its tolerance is left out, and the outcome says so.

        Raises:
            ParityError: the float32 file is beyond its tolerance.
        """
        parts = self._heads.load(inputs.head_file, inputs.weights)
        bundle = None if len(inputs.weights.body) else head_id(inputs.head_file)
        embeddings = embed_features(parts.body, inputs.samples, progress=ignore, collect=collect_in_memory)
        expected = embeddings @ parts.kernel + parts.bias
        files: dict[Precision, bytes] = {}
        logits: dict[Precision, Floats] = {}
        parity: dict[str, Json] = {}
        for done, precision in enumerate(PRECISIONS):
            progress(done, len(PRECISIONS))
            try:
                content, report = self._make(parts, precision, bundle, inputs.samples, expected)
            except ParityError as error:
                if precision is Precision.FLOAT32:
                    raise
                parity[precision] = {"left_out": str(error)}
            else:
                parity[precision] = report.document()
                files[precision], logits[precision] = content, self._answer(content, inputs.golden)
        return ConversionOutcome(files, logits, parity)

    def operate(
        self, inputs: TaskData, arguments: Mapping[str, Json], *, progress: Progress, collect: Collect
    ) -> TaskData:
        """Convert: see `cloud.training.executors.executor.Operation`."""
        return self.convert(ConversionInputs.unpack(inputs), progress=progress).pack()

    def operate_embedding(
        self, inputs: TaskData, arguments: Mapping[str, Json], *, progress: Progress, collect: Collect
    ) -> TaskData:
        """Embed: see `cloud.training.executors.executor.Operation`."""
        return self.embed(EmbeddingInputs.unpack(inputs), progress=progress, collect=collect).pack()

    def _running(self) -> TFLiteProcess:
        if self._tflite is None:
            tflite = TFLiteProcess()
            tflite.start()
            self._tflite = tflite
        return self._tflite

    def _make(
        self, parts: HeadParts, precision: Precision, bundle: str | None, samples: Floats, expected: Floats
    ) -> tuple[bytes, ParityReport]:
        """Make a file that answers samples as expected; one made from a template that does not is made as a whole.

        Raises:
            ParityError: the converter's own file does not.
        """
        template = self._templates.get((bundle, precision)) if bundle else None
        filled = template.fill(parts.kernel, parts.bias) if template else None
        if filled is not None:
            with contextlib.suppress(ParityError):
                return filled, self._check(filled, samples, expected, precision)
        content = self._convert_whole(parts, precision, bundle)
        return content, self._check(content, samples, expected, precision)

    def _convert_whole(self, parts: HeadParts, precision: Precision, bundle: str | None) -> bytes:
        """Convert a head, and keep its file as a template where its body is that of a bundle."""
        content = convert_head(put_together(parts.body, parts.kernel, parts.bias), precision=precision)
        is_dynamic = precision is Precision.DYNAMIC
        template = HeadTemplate.of(content, kernel=parts.kernel, bias=parts.bias, is_dynamic=is_dynamic)
        if bundle is not None and template is not None:
            self._templates.pop((bundle, precision), None)
            kept = [*self._templates.items(), ((bundle, precision), template)]
            self._templates = dict(kept[-MOST_HEADS * len(PRECISIONS) :])
        return content

    def _check(self, content: bytes, samples: Floats, expected: Floats, precision: Precision) -> ParityReport:
        report = compare_logits(expected, self._running().run(content, signature=HEAD_SIGNATURE, inputs=samples))
        check_head(report, precision)
        return report

    def _answer(self, content: bytes, feature: Floats) -> Floats:
        logits: Floats = self._running().run(content, signature=HEAD_SIGNATURE, inputs=feature[np.newaxis])[0]
        return logits
