"""Ten photos in each form in which they could be sent."""

from pathlib import Path

import numpy as np
import pytest

from bench.paper.ten_photos import PHOTOS, SENT_CUTS, draw_ten_photos, read_ten_photos
from contract.cuts import CUTS


def test_drawn_features_have_the_shapes_of_the_cuts_and_the_zeros_of_their_activations() -> None:
    photos = draw_ten_photos()
    for cut in SENT_CUTS:
        assert photos.features[cut].shape == (PHOTOS, *CUTS[cut].feature_shape)
    assert 0.4 < np.mean(photos.features["freeze4"] == 0) < 0.6
    assert photos.features["freeze6"].min() < 0


@pytest.mark.slow
def test_photos_go_through_the_whole_network_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FEDEX_DATA", raising=False)
    photos = read_ten_photos(tmp_path)
    for cut in SENT_CUTS:
        features = photos.features[cut]
        assert features.shape == (PHOTOS, *CUTS[cut].feature_shape)
        assert len(np.unique(features.reshape(PHOTOS, -1), axis=0)) == PHOTOS
    assert photos.features["freeze2"].min() == 0
    assert photos.features["freeze6"].min() < 0
    assert PHOTOS * 500 < photos.jpeg_bytes < photos.raw_bytes == PHOTOS * 160 * 160 * 3
