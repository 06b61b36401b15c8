"""Faces of photos in the cache: seen again they are the samples that they were, in every process."""

from pathlib import Path
from threading import Barrier, Thread

from contract.boxes import Box
from contract.samples import face_sample_id
from device.cache.cache import Cache
from device.cache.inferences import NewInference
from tests.device.cache.entries import COMPUTED_BY, SPACE, feedback, inference
from tests.device.tables import rows

PHOTO, OTHER_PHOTO = bytes([1] * 16), bytes([2] * 16)
LEFT, RIGHT = (10, 10, 110, 110), (200, 10, 300, 110)
LEFT_AGAIN, RIGHT_AGAIN = (14, 7, 116, 108), (197, 12, 299, 113)


def faces(*boxes: Box, photo: bytes = PHOTO) -> list[NewInference]:
    plain = inference()
    return [NewInference(photo, box, plain.feature, plain.results, False, 0, COMPUTED_BY, 0) for box in boxes]


def add(cache: Cache, *boxes: Box, photo: bytes = PHOTO) -> list[int]:
    return cache.inferences.add_all(faces(*boxes, photo=photo), space_key=cache.inferences.space_key(SPACE, (4,)))


def samples(path: Path) -> list[bytes]:
    return [sample for (sample,) in rows(path, "SELECT sample_id FROM inferences ORDER BY id")]


def test_each_face_of_a_photo_is_a_sample_named_by_photo_and_box(path: Path) -> None:
    with Cache.open(path, max_unfed=10) as cache:
        add(cache, LEFT, RIGHT)
        expected = [face_sample_id(cache.secret, PHOTO, box) for box in (LEFT, RIGHT)]
    assert samples(path) == expected


def test_faces_seen_again_a_little_elsewhere_are_the_same_samples_whatever_their_order(path: Path) -> None:
    with Cache.open(path, max_unfed=10) as cache:
        add(cache, LEFT, RIGHT)
        add(cache, RIGHT_AGAIN, LEFT_AGAIN)
    left, right, *again = samples(path)
    assert again == [right, left]


def test_a_new_face_of_a_known_photo_is_a_sample_of_its_own(path: Path) -> None:
    with Cache.open(path, max_unfed=10) as cache:
        add(cache, LEFT)
        add(cache, LEFT_AGAIN, RIGHT)
    first, same, new = samples(path)
    assert first == same != new


def test_the_same_box_in_another_photo_is_another_sample(path: Path) -> None:
    with Cache.open(path, max_unfed=10) as cache:
        add(cache, LEFT)
        add(cache, LEFT, photo=OTHER_PHOTO)
    assert len(set(samples(path))) == 2


def test_boxes_are_compared_with_where_a_face_was_first_and_do_not_drift(path: Path) -> None:
    """Each overlaps the one before by 0.67, the third the first by 0.43."""
    with Cache.open(path, max_unfed=10) as cache:
        for shift in (0, 20, 40):
            add(cache, (shift, 0, shift + 100, 100))
    first, second, third = samples(path)
    assert first == second != third


def test_a_labelled_face_stays_known_when_its_inference_is_pruned(path: Path) -> None:
    with Cache.open(path, max_unfed=1) as cache:
        [kept] = add(cache, LEFT)
        name = samples(path)[0]
        cache.feedback.add(feedback(kept))
        change_all_to_acknowledged(cache)
        cache.inferences.add(inference(7), space_key=cache.inferences.space_key(SPACE, (4,)))
        assert name not in samples(path)
        add(cache, LEFT_AGAIN)
    assert samples(path)[-1] == name


def change_all_to_acknowledged(cache: Cache) -> None:
    cache._database.write("UPDATE inferences SET waiting = 0", ())


def test_a_face_without_feedback_goes_with_its_last_inference(path: Path) -> None:
    with Cache.open(path, max_unfed=2) as cache:
        for _ in range(3):
            add(cache, LEFT)
        assert rows(path, "SELECT count(*) FROM faces") == [(1,)]
        add(cache, RIGHT, (400, 10, 500, 110))
        assert rows(path, "SELECT count(*) FROM faces") == [(2,)]
        add(cache, *[(600 * number, 0, 600 * number + 100, 100) for number in range(1, 5)], photo=OTHER_PHOTO)
    assert rows(path, "SELECT count(*) FROM faces") == [(2,)]
    assert rows(path, "SELECT count(*) FROM inferences") == [(2,)]


def test_two_that_see_a_photo_at_once_name_a_face_alike(path: Path) -> None:
    """Each has a connection of its own, as two processes have."""
    Cache.open(path, max_unfed=100).close()
    together = Barrier(2)

    def look(shift: int) -> None:
        with Cache.open(path, max_unfed=100) as cache:
            for photo in range(20):
                together.wait()
                add(cache, (shift, 0, shift + 100, 100), photo=bytes([photo] * 16))

    threads = [Thread(target=look, args=(shift,)) for shift in (0, 10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rows(path, "SELECT count(*), count(DISTINCT sample_id) FROM inferences") == [(40, 20)]


def test_feedback_on_a_face_seen_again_is_on_the_same_sample(path: Path) -> None:
    with Cache.open(path, max_unfed=10) as cache:
        [first, other] = add(cache, LEFT, RIGHT)
        [again, _] = add(cache, LEFT_AGAIN, RIGHT_AGAIN)
        for id_ in (first, again, other):
            cache.feedback.add(feedback(id_))
        assert [one.samples for one in cache.setups.waiting(origin="")] == [2]
