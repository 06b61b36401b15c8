"""A device from end to end with each kind of bundle: of photos, of grey photos in a letterbox, and of tensors."""

import hashlib
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from contract.codecs import Codec
from contract.samples import photo_sample_id, tensor_sample_id
from contract.upload import decode_upload, peek_upload_header
from device.assembly import Device
from tests.device.conftest import LABELS
from tests.device.photos import TAKEN, Taken
from tests.device.serving import StubService
from tests.device.test_cli import Done, Run, fails
from tests.device.test_cli import run as run

EACH_KIND = pytest.mark.parametrize("taken", TAKEN.values(), ids=TAKEN)
TENSORS = pytest.mark.parametrize("taken", [TAKEN["tensor"]], ids=["tensor"])


@EACH_KIND
def test_a_device_learns_from_what_its_bundle_takes(
    run: Run, taken: Taken, service: StubService, tiny_models: Path, tmp_path: Path
) -> None:
    run("enrol")
    known, new = run("infer", taken.write(tmp_path, 1), taken.write(tmp_path, 3), "--json").rows
    assert (known["label"], known[taken.input.name]) == ("Ben", str(tmp_path / taken.write(tmp_path, 1).name))
    assert (new["label"], new["unknown"]) == (None, True)
    run("feedback", known["id"], "--right")
    run("feedback", new["id"], "--label", "Zoe")
    assert run("push").code == 0
    upload = decode_upload(service.uploads[0][2])
    assert (upload.labels, upload.feature_shape, upload.count) == (("Ben", "Zoe"), (8,), 2)
    service.publish((tiny_models / "four.tflite").read_bytes(), serial=1, labels=(*LABELS, "Zoe"))
    assert run("pull", "--json").rows[0]["outcome"] == "installed"
    [after] = run("infer", taken.write(tmp_path, 3, shade=9), "--json").rows
    assert (after["label"], after["head"]) == ("Zoe", 1)


@EACH_KIND
def test_a_file_of_one_name_and_its_copy_are_one_sample(run: Run, device: Device, taken: Taken, tmp_path: Path) -> None:
    path, copy = taken.write(tmp_path, 2), tmp_path / "copy"
    shutil.copy(path, copy)
    assert run("infer", path, copy).code == 0
    with device.open_cache() as cache, sqlite3.connect(cache.path) as rows:
        digest = hashlib.sha256(path.read_bytes()).digest()
        of_tensor = tensor_sample_id(cache.secret, np.asarray(taken.draw(2)))
        name = of_tensor if taken.is_tensor else photo_sample_id(cache.secret, digest)
        assert rows.execute("SELECT sample_id FROM inferences").fetchall() == [(name,)] * 2


@EACH_KIND
def test_a_file_and_its_array_have_one_feature(run: Run, device: Device, taken: Taken, tmp_path: Path) -> None:
    """A tensor is the same sample as well; a frame that is saved as a photo is another one."""
    [row] = run("infer", taken.write(tmp_path, 2), "--json").rows
    with device.recognizer() as recognizer:
        [inference] = recognizer.infer(taken.draw(2))
    with device.open_cache() as cache, sqlite3.connect(cache.path) as rows:
        samples = 1 if taken.is_tensor else 2
        assert rows.execute("SELECT count(DISTINCT sample_id) FROM inferences").fetchone() == (samples,)
        assert rows.execute("SELECT count(DISTINCT feature) FROM inferences").fetchone() == (1,)
    assert inference.answer.label == row["label"] == "Cleo"


@EACH_KIND
def test_nothing_of_the_input_is_in_an_upload(run: Run, taken: Taken, service: StubService, tmp_path: Path) -> None:
    """Neither of the file nor of the array; what goes up is one feature and one id for each sample."""
    run("enrol")
    path = taken.write(tmp_path, 1, shade=77)
    run("infer", path)
    run("feedback", 1, "--right")
    run("push", FEDEX_CODEC=Codec.FLOAT32)
    [(_, _, body)] = service.uploads
    assert peek_upload_header(body).size == 8 * 4 + 22
    assert taken.draw(1, shade=77)[:8].tobytes()[:12] not in body
    assert path.read_bytes()[-24:] not in body


@EACH_KIND
def test_status_says_what_the_bundle_takes(run: Run, taken: Taken) -> None:
    assert f"takes      {taken.input}\n" in run("status").out
    [row] = run("status", "--json").rows
    assert row["input"] == {**taken.input.document()} | ({"shape": [8, 4]} if taken.is_tensor else {})


@TENSORS
def test_good_tensors_are_answered_beside_bad_ones(run: Run, taken: Taken, tmp_path: Path) -> None:
    good, photo = taken.write(tmp_path, 0), TAKEN["photo"].write(tmp_path, 0)
    np.save(tmp_path / "wide.npy", np.zeros((8, 4)))
    np.save(tmp_path / "far.npy", np.full((8, 4), 3e38, np.float32))
    done: Done = run("infer", photo, good, tmp_path / "wide.npy", tmp_path / "far.npy", good, tmp_path / "none.npy")
    assert done.code == 1
    assert [line.split(":")[0] for line in done.out.splitlines()] == [f"{good} #1", f"{good} #2"]
    of_photo, wide, far, missing = done.err.splitlines()
    assert of_photo.startswith(f"fedex-device: {photo}: expected a .npy file, tensor float32 (8, 4), got a photo (")
    assert wide.endswith("got float64 (8, 4) (convert it with .astype(numpy.float32))")
    assert far.startswith(f"fedex-device: {tmp_path / 'far.npy'}: tensor: prefix: expected a finite feature, got NaN")
    assert missing.endswith("none.npy: cannot be read: No such file or directory")


@TENSORS
def test_there_is_no_photo_of_a_tensor_to_draw_into(run: Run, taken: Taken, tmp_path: Path) -> None:
    done = run("infer", taken.write(tmp_path, 0), "--draw", tmp_path / "drawn")
    fails(done, "--draw: expected a bundle that takes photos, got one that takes tensors")


def test_a_tensor_given_to_a_bundle_of_photos_is_one_line(run: Run, tmp_path: Path) -> None:
    fails(run("infer", TAKEN["tensor"].write(tmp_path, 0)), "got a tensor (.npy); save its pixels as PNG")


@TENSORS
@pytest.mark.parametrize("draw", [lambda: np.zeros((8, 4)), lambda: TAKEN["photo"].draw(0), lambda: [1.0]])
def test_another_array_is_refused_before_anything_is_stored(device: Device, draw: Callable[[], object]) -> None:
    from device import TensorError

    with device.recognizer() as recognizer, pytest.raises(TensorError, match=r"expected .*tensor float32 \(8, 4\)"):
        recognizer.infer(draw())  # type: ignore[arg-type]  # wrong on purpose
    with device.open_cache() as cache:
        assert cache.inferences.count() == 0


@TENSORS
def test_numbers_that_the_network_cannot_run_are_a_mistake_of_the_tensor(
    device: Device, taken: Taken, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fault: an index beyond an Embedding's table, which a runtime meets as it runs; it ended a whole batch."""
    from device import TensorError
    from device.errors import ModelRefused
    from device.recognise.tflite import Model

    def gather(*_: object) -> None:
        raise ModelRefused("signature 'prefix' does not run: gather index out of bounds")

    with device.recognizer() as recognizer:
        monkeypatch.setattr(Model, "run", gather)
        with pytest.raises(TensorError, match=r"cannot take these numbers \(signature 'prefix' does not run: gather"):
            recognizer.infer(taken.draw(0))
