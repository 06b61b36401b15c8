"""Vetting: what is set aside, why, and what is not. People are directions, and their photos are noisy ones."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from cloud.training import directions, vetting
from cloud.training.vetting import FEWEST_REFERENCE_ROWS, REASONS, Bounds, Reason, Vetted, vet

WIDTH = 96
OLD = 12
"""So many labels have base photos, label and person alike."""
STRANGER = 900
NOISE = 0.9

Floats = NDArray[np.float32]


def centre(person: int) -> Floats:
    direction = np.random.default_rng((7, person)).normal(size=WIDTH)
    scaled: Floats = (direction / np.linalg.norm(direction)).astype(np.float32)
    return scaled


def photos_of(person: int, count: int, *, seed: int, noise: float = NOISE) -> Floats:
    """Return embeddings (count, d) of any length; two of one person have a cosine of 0.55, of two people 0.0 +- 0.1."""
    spread = np.random.default_rng((person, seed)).normal(size=(count, WIDTH)) * noise / np.sqrt(WIDTH)
    embeddings: Floats = (16 * (centre(person) + spread)).astype(np.float32)
    return embeddings


def like(cosines: dict[int, float], *, count: int = 1) -> Floats:
    """Return embeddings (count, d), all alike: their cosines to some old people, and 0 to the other old people."""
    people = np.stack([centre(one) for one in range(OLD)], axis=1).astype(np.float64)
    wanted = np.array([cosines.get(one, 0.0) for one in range(OLD)])
    along = people @ np.linalg.solve(people.T @ people, wanted)
    away = centre(STRANGER) - people @ np.linalg.lstsq(people, centre(STRANGER), rcond=None)[0]
    mixed = along + np.sqrt(1 - along @ along) * away / np.linalg.norm(away)
    return np.repeat(mixed.astype(np.float32)[None], count, axis=0)


class World:
    """Rows as they come in: first those of the base."""

    def __init__(self, *, old: int = OLD, base_photos: int = 4, noise: float = NOISE, classes: int = OLD) -> None:
        self.classes = classes
        self._embeddings: list[Floats] = [np.zeros((0, WIDTH), np.float32)]
        self._labels: list[int] = []
        self._sources: list[int] = []
        self._since: list[int] = []
        for person in range(old):
            self.send(label=person, person=person, source=0, count=base_photos, noise=noise)

    def send(self, *, label: int, person: int, source: int, count: int = 5, noise: float = NOISE) -> slice:
        """Add photos of a person under a label; return where they lie."""
        embeddings = photos_of(person, count, seed=len(self._labels), noise=noise)
        return self.send_embeddings(embeddings, label=label, source=source)

    def send_embeddings(self, embeddings: Floats, *, label: int, source: int) -> slice:
        """Add photos under a label; return where they lie."""
        begin = len(self._labels)
        self._embeddings.append(embeddings)
        self._labels += [label] * len(embeddings)
        self._sources += [source] * len(embeddings)
        self._since += range(self._now, self._now + len(embeddings))
        return slice(begin, len(self._labels))

    def squeeze(self, share: float) -> None:
        """Move all photos towards one point, as a network does that hardly tells people apart."""
        self._embeddings = [centre(STRANGER) + np.float32(share / 16) * rows for rows in self._embeddings]

    def correct(self, rows: slice, *, label: int) -> None:
        """Change a label, as a correction does, now."""
        count = rows.stop - rows.start
        self._labels[rows] = [label] * count
        self._since[rows] = range(self._now, self._now + count)

    @property
    def _now(self) -> int:
        return max(self._since, default=-1) + 1

    def vet(self, order: Sequence[int] | None = None) -> Vetted:
        """Vet the rows, given in an order that need not be that of time."""
        chosen = np.arange(len(self._labels)) if order is None else np.array(order)
        return vet(
            np.concatenate(self._embeddings)[chosen],
            np.array(self._labels, np.int64)[chosen],
            np.array(self._sources, np.int64)[chosen],
            chronology=np.array(self._since, np.int64)[chosen],
            classes=self.classes,
        )


def reasons(vetted: Vetted, rows: slice) -> list[Reason | None]:
    """Return why rows are set aside, None for each that counts."""
    return [REASONS[code - 1] if code else None for code in vetted.codes[rows]]


def honest_world(*, new: int = 4, classes: int | None = None) -> tuple[World, slice]:
    """Return a world in which each device sends photos of two labels, and where those photos lie."""
    world = World(classes=classes or OLD + new)
    begin = OLD * 4
    for label in range(OLD + new):
        world.send(label=label, person=label, source=1 + label // 2)
    return world, slice(begin, begin + 5 * (OLD + new))


def test_nothing_of_honest_devices_is_set_aside() -> None:
    world, _ = honest_world()
    assert world.vet().counts() == dict.fromkeys(Reason, 0)


def test_a_photo_of_another_label_is_set_aside_and_its_neighbours_are_not() -> None:
    world = World()
    right = world.send(label=0, person=0, source=1)
    wrong = world.send(label=0, person=1, source=1, count=1)
    vetted = world.vet()
    assert reasons(vetted, wrong) == [Reason.CLOSER_TO_ANOTHER]
    assert vetted.counting[right].all()


def test_a_stranger_is_far_from_the_label() -> None:
    world = World()
    right = world.send(label=0, person=0, source=1)
    wrong = world.send_embeddings(like({0: 0.03}), label=0, source=1)
    vetted = world.vet()
    assert reasons(vetted, wrong) == [Reason.FAR]
    assert vetted.counting[right].all()


def test_a_person_who_looks_different_is_not_far_while_nobody_else_is_nearer() -> None:
    """A beard, a mask or a new camera is what people send photos for."""
    world = World()
    rows = world.send_embeddings(like({0: 0.3}), label=0, source=1)
    assert reasons(world.vet(), rows) == [None]


def test_an_older_label_under_a_second_name_is_set_aside() -> None:
    world, honest = honest_world(classes=OLD + 5)
    second = world.send(label=OLD + 4, person=1, source=50, count=10)
    vetted = world.vet()
    assert reasons(vetted, second) == [Reason.SECOND_NAME] * 10
    assert vetted.counting[honest].all()


def test_a_second_name_of_somebody_new_is_set_aside_and_the_first_stays() -> None:
    world, honest = honest_world(classes=OLD + 5)
    second = world.send(label=OLD + 4, person=OLD + 1, source=50, count=10)
    vetted = world.vet()
    assert reasons(vetted, second) == [Reason.SECOND_NAME] * 10
    assert vetted.counting[honest].all()


def test_what_one_device_calls_somebody_is_no_second_name_for_the_photos_of_another() -> None:
    world = World(classes=OLD + 1)
    newcomer = world.send(label=OLD, person=OLD, source=1, count=4)
    second = world.send(label=OLD, person=1, source=2, count=10)
    vetted = world.vet()
    assert not vetted.counting[second].any()
    assert vetted.counting[newcomer].all()


def test_a_name_half_of_whose_photos_are_of_somebody_known_is_no_second_name() -> None:
    """Somebody whom a device met in company: photos of the other one are wrong, and the name is not."""
    world = World(classes=OLD + 1)
    newcomer = world.send(label=OLD, person=OLD, source=1, count=6)
    wrong = world.send(label=OLD, person=1, source=1, count=6)
    vetted = world.vet()
    assert vetted.counting[newcomer].all()
    assert Reason.SECOND_NAME not in reasons(vetted, wrong)


def test_broken_photos_do_not_hide_a_second_name() -> None:
    world = World(classes=OLD + 1)
    second = world.send(label=OLD, person=1, source=1, count=6)
    world.send_embeddings(np.zeros((6, WIDTH), np.float32), label=OLD, source=1)
    assert reasons(world.vet(), second) == [Reason.SECOND_NAME] * 6


def test_a_lookalike_whose_photos_are_nearer_to_each_other_is_a_person() -> None:
    world = World(classes=OLD + 1)
    twin = 0.85 * centre(0) + np.sqrt(1 - 0.85**2) * centre(STRANGER)
    looks = twin + np.random.default_rng(1).normal(size=(8, WIDTH)) * 0.15 / np.sqrt(WIDTH)
    rows = world.send_embeddings(looks.astype(np.float32), label=OLD, source=1)
    assert world.vet().counting[rows].all()


def test_most_of_a_device_failing_takes_its_other_photos_along() -> None:
    world = World()
    wrong = [world.send(label=label, person=label + 1, source=1, count=1) for label in range(4)]
    right = world.send(label=8, person=8, source=1, count=3)
    vetted = world.vet()
    assert [reasons(vetted, rows) for rows in wrong] == [[Reason.CLOSER_TO_ANOTHER]] * 4
    assert reasons(vetted, right) == [Reason.DEVICE] * 3
    counts = {Reason.CLOSER_TO_ANOTHER: 4, Reason.FAR: 0, Reason.SECOND_NAME: 0, Reason.DEVICE: 3}
    assert vetted.counts() == counts


def test_photos_that_are_nearer_to_another_label_speak_against_their_device() -> None:
    """A device that makes its photos just a little wrong passes one by one, but not as a whole."""
    world = World(noise=0.1)
    wrong = [world.send_embeddings(like({label: 0.65, label + 1: 0.68}), label=label, source=1) for label in range(4)]
    right = world.send(label=8, person=8, source=1, count=3)
    single = world.send_embeddings(like({4: 0.65, 5: 0.68}), label=4, source=2)
    vetted = world.vet()
    assert [reasons(vetted, rows) for rows in wrong] == [[Reason.DEVICE]] * 4
    assert reasons(vetted, right) == [Reason.DEVICE] * 3
    assert reasons(vetted, single) == [None]


def test_four_photos_are_enough_to_judge_a_device_by() -> None:
    world = World()
    for label in range(3):
        world.send(label=label, person=label + 1, source=1, count=1)
    right = world.send(label=8, person=8, source=1, count=1)
    assert reasons(world.vet(), right) == [Reason.DEVICE]


def test_photos_as_near_to_another_label_as_to_their_own_do_not_speak_against_their_device() -> None:
    world = World()
    twins = centre(0)[None]
    for label in (0, 1):
        world.send_embeddings(np.repeat(twins, 200, axis=0), label=label, source=0)
    rows = world.send_embeddings(np.repeat(twins, 5, axis=0), label=1, source=1)
    assert world.vet().counting[rows].all()


def test_a_second_name_does_not_speak_against_the_other_photos_of_its_device() -> None:
    """Whoever gives a nickname to somebody known has mistaken no one."""
    world = World(classes=OLD + 1)
    second = world.send(label=OLD, person=1, source=1, count=10)
    right = world.send(label=8, person=8, source=1, count=3)
    vetted = world.vet()
    assert reasons(vetted, second) == [Reason.SECOND_NAME] * 10
    assert vetted.counting[right].all()


def test_half_of_a_device_failing_is_not_most() -> None:
    world = World()
    for label in range(3):
        world.send(label=label, person=label + 1, source=1, count=1)
    right = world.send(label=8, person=8, source=1, count=3)
    assert world.vet().counting[right].all()


def test_a_device_with_three_photos_is_not_judged_as_one() -> None:
    world = World()
    for label in range(2):
        world.send(label=label, person=label + 1, source=1, count=1)
    right = world.send(label=8, person=8, source=1, count=1)
    assert world.vet().counting[right].all()


def test_most_is_more_where_photos_are_often_nearer_to_another_label() -> None:
    """With 4 photos of which a quarter are nearer to another label anyway, three say nothing about their device."""
    clear = Bounds(closer=0.05, far=0.3, stranger=0.2, same=0.5, gap=0.4, nearer_another=0.0)
    vague = Bounds(closer=0.05, far=0.3, stranger=0.2, same=0.5, gap=0.4, nearer_another=0.25)
    assert clear.most(np.array([4, 100])).tolist() == [2, 50]
    assert vague.most(np.array([4, 100])).round(1).tolist() == [3.6, 50.0]


def test_the_founder_of_a_label_is_believed_over_who_comes_later() -> None:
    world, honest = honest_world()
    later = world.send(label=OLD, person=STRANGER, source=50, count=20)
    vetted = world.vet()
    assert not vetted.counting[later].any()
    assert vetted.counting[honest].all()


def test_time_decides_who_founded_not_the_order_of_rows() -> None:
    world, honest = honest_world()
    later = world.send(label=OLD, person=STRANGER, source=50, count=20)
    backwards = world.vet(order=range(later.stop - 1, -1, -1)).codes[::-1]
    assert backwards.tolist() == world.vet().codes.tolist()
    assert not backwards[honest].any()


def test_a_photo_that_is_older_than_a_label_and_was_corrected_to_it_founded_nothing() -> None:
    world = World(classes=OLD + 1)
    early = world.send(label=3, person=STRANGER, source=1)
    newcomer = world.send(label=OLD, person=OLD, source=2)
    world.correct(early, label=OLD)
    vetted = world.vet()
    assert not vetted.counting[early].any()
    assert vetted.counting[newcomer].all()


def test_a_founder_whose_photos_fail_founded_nothing() -> None:
    """Photos of many known people under a name that another device then gives to a real person."""
    world = World(classes=OLD + 1)
    mixed = [world.send(label=OLD, person=person, source=1, count=4) for person in range(OLD)]
    real = world.send(label=OLD, person=OLD, source=2, count=6)
    vetted = world.vet()
    assert not any(vetted.counting[rows].any() for rows in mixed)
    assert vetted.counting[real].all()


def test_a_flood_of_strangers_does_not_decide_about_itself() -> None:
    world, honest = honest_world()
    flood = world.send(label=0, person=STRANGER, source=50, count=25)
    vetted = world.vet()
    assert set(reasons(vetted, flood)) == {Reason.FAR, Reason.CLOSER_TO_ANOTHER}
    assert vetted.counting[honest].all()


def test_a_flood_of_a_known_person_to_an_old_label_is_set_aside() -> None:
    world, honest = honest_world()
    flood = world.send(label=0, person=1, source=50, count=25)
    vetted = world.vet()
    assert reasons(vetted, flood) == [Reason.CLOSER_TO_ANOTHER] * 25
    assert vetted.counting[honest].all()


def test_with_a_network_that_hardly_knows_its_people_nothing_tells_a_second_name() -> None:
    """In the demo, whose network is seeded, four of nine newcomers were taken for people of the base."""
    chance = np.random.default_rng(0)
    own, other = chance.normal(0.47, 0.12, 200).astype(np.float32), chance.normal(0.39, 0.07, 200).astype(np.float32)
    hardly, well = Bounds.of(own, other), Bounds.of(own + np.float32(0.3), other)
    assert hardly is not None
    assert well is not None
    assert hardly.same == np.inf
    assert well.same == pytest.approx(np.quantile(own + 0.3, 0.1), abs=0.01)


def evenly(low: float, high: float) -> Floats:
    return np.linspace(low, high, 1001, dtype=np.float32)


def test_hardly_a_photo_that_is_believed_would_be_set_aside() -> None:
    own, other = evenly(0.2, 0.8), evenly(0.5, 0.1)
    vague = Bounds.of(own, other)
    assert vague is not None
    assert (other - own > vague.closer).mean() == pytest.approx(0.01, abs=0.002)
    assert (own < vague.far).mean() == pytest.approx(0.005, abs=0.001)
    assert vague.nearer_another == pytest.approx(0.3, abs=0.001)
    assert (vague.stranger, vague.gap) == pytest.approx((0.3, 0.2))


def test_where_labels_lie_apart_what_is_nearer_to_its_own_than_half_way_is_not_far() -> None:
    clear = Bounds.of(evenly(0.8, 1.0), evenly(0.1, 0.3))
    assert clear is not None
    assert clear.far == pytest.approx(0.55, abs=0.001)
    assert clear.closer == 0.05


def test_a_photo_is_surely_of_a_label_where_hardly_any_of_others_and_most_of_its_own_are() -> None:
    clear, close = Bounds.of(evenly(0.8, 1.0), evenly(0.1, 0.3)), Bounds.of(evenly(0.2, 1.0), evenly(0.0, 0.36))
    assert clear is not None
    assert close is not None
    assert clear.same == pytest.approx(0.82, abs=0.001)
    assert close.same == pytest.approx(0.358, abs=0.001)


@pytest.mark.parametrize(("count", "enough"), [(19, False), (20, True)])
def test_twenty_photos_are_enough_to_learn_from(count: int, enough: bool) -> None:
    photos = np.ones(count, np.float32)
    assert (Bounds.of(photos, photos) is not None) is enough


def test_one_other_photo_is_too_few_to_say_that_a_photo_is_not_of_its_label() -> None:
    """Two photos of one person may be as different as day and night."""

    def send(odd: Floats, *, beside: int) -> list[Reason | None]:
        world = World(noise=0.1, classes=OLD + 1)
        world.send_embeddings(like({}, count=beside), label=OLD, source=0)
        rows = world.send_embeddings(odd, label=OLD, source=1)
        return reasons(world.vet(), rows)

    like_all, like_one = like(dict.fromkeys(range(OLD), 0.27)), like({0: 0.9})
    somebody = photos_of(0, 1, seed=1, noise=0.01)
    assert [send(odd, beside=1) for odd in (like_all, like_one)] == [[None], [None]]
    assert [send(odd, beside=2) for odd in (like_all, like_one)] == [[Reason.FAR], [Reason.CLOSER_TO_ANOTHER]]
    assert send(somebody, beside=1) == [Reason.CLOSER_TO_ANOTHER]


def test_200_known_faces_under_a_new_name_are_set_aside() -> None:
    world, honest = honest_world(classes=OLD + 5)
    flood = [world.send(label=OLD + 4, person=place % (OLD + 4), source=50, count=1) for place in range(200)]
    vetted = world.vet()
    assert not vetted.counting[flood[0].start : flood[-1].stop].any()
    assert vetted.counting[honest].all()


@pytest.mark.parametrize("liars", [1, 3], ids=["10 %", "30 %"])
def test_devices_that_flip_labels_are_set_aside_and_the_others_are_not(liars: int) -> None:
    """Ten devices, each with two photos of eight labels; what liars say is random."""
    world, labels = World(classes=OLD + 4), OLD + 4
    said = np.random.default_rng(3)
    honest: list[slice] = []
    flipped: list[slice] = []
    for device in range(10):
        for step in range(8):
            person = (device + 2 * step) % labels
            label = (person + said.integers(1, labels)) % labels if device < liars else person
            rows = world.send(label=int(label), person=person, source=1 + device, count=2)
            (flipped if device < liars else honest).append(rows)
    vetted = world.vet()
    assert not any(vetted.counting[rows].any() for rows in flipped)
    assert all(vetted.counting[rows].all() for rows in honest)


def test_two_old_people_who_are_swapped_are_set_aside_until_somebody_corrects_it() -> None:
    world, honest = honest_world()
    ada, ben = (world.send(label=1 - person, person=person, source=50) for person in (0, 1))
    vetted = world.vet()
    assert reasons(vetted, ada) + reasons(vetted, ben) == [Reason.CLOSER_TO_ANOTHER] * 10
    assert vetted.counting[honest].all()
    world.correct(ada, label=0)
    world.correct(ben, label=1)
    assert world.vet().counting.all()


def test_a_household_with_one_phone_loses_its_typos_alone() -> None:
    world = World(classes=OLD + 4)
    right = [world.send(label=label, person=label, source=1) for label in range(OLD + 4)]
    typos = [world.send(label=label, person=label + 2, source=1, count=1) for label in (0, OLD, OLD + 1)]
    vetted = world.vet()
    assert [reasons(vetted, rows) for rows in typos] == [[Reason.CLOSER_TO_ANOTHER]] * 3
    assert all(vetted.counting[rows].all() for rows in right)


def test_nicknames_among_sixty_people_do_not_touch_newcomers() -> None:
    world = World(old=60, classes=68)
    newcomers = [world.send(label=label, person=label, source=label) for label in range(60, 65)]
    nicknames = [world.send(label=label, person=label - 65, source=label) for label in range(65, 68)]
    vetted = world.vet()
    assert [set(reasons(vetted, rows)) for rows in nicknames] == [{Reason.SECOND_NAME}] * 3
    assert all(vetted.counting[rows].all() for rows in newcomers)


@pytest.mark.parametrize("value", [0, np.nan, np.inf])
def test_a_row_without_a_direction_is_far_and_touches_no_other(value: float) -> None:
    world, honest = honest_world()
    before = world.vet().codes
    broken = world.send_embeddings(np.full((1, WIDTH), value, np.float32), label=0, source=50)
    vetted = world.vet()
    assert reasons(vetted, broken) == [Reason.FAR]
    assert vetted.codes[: honest.stop].tolist() == before.tolist()


def test_a_base_row_without_a_direction_is_far() -> None:
    world = World()
    broken = world.send_embeddings(np.full((1, WIDTH), np.nan, np.float32), label=0, source=0)
    right = world.send(label=0, person=0, source=1)
    vetted = world.vet()
    assert reasons(vetted, broken) == [Reason.FAR]
    assert vetted.counting[right].all()


def test_a_base_most_of_whose_rows_are_broken_is_believed_in_the_others() -> None:
    world = World(classes=OLD + 1)
    wrong = world.send_embeddings(like({0: 0.03}), label=0, source=1)
    right = world.send(label=0, person=0, source=1)
    before = world.vet().codes
    broken = world.send_embeddings(np.zeros((80, WIDTH), np.float32), label=0, source=0)
    vetted = world.vet()
    assert reasons(vetted, wrong) == [Reason.FAR]
    assert vetted.counting[right].all()
    assert reasons(vetted, broken) == [Reason.FAR] * 80
    assert vetted.codes[: broken.start].tolist() == before.tolist()


def test_without_base_the_founders_say_what_is_usual() -> None:
    world = World(old=0, classes=OLD + 1)
    right = [world.send(label=label, person=label, source=1 + label) for label in range(OLD)]
    typo = world.send(label=0, person=1, source=1, count=1)
    stranger = world.send(label=2, person=STRANGER, source=50, count=3)
    alone = world.send(label=OLD, person=OLD, source=1, count=1)
    vetted = world.vet()
    assert reasons(vetted, typo) == [Reason.CLOSER_TO_ANOTHER]
    assert not vetted.counting[stranger].any()
    assert all(vetted.counting[rows].all() for rows in [*right, alone])


def test_without_base_what_others_send_does_not_say_what_is_usual() -> None:
    """As many wrong photos of later devices as there are of founders."""
    world = World(old=0)
    right = [world.send(label=label, person=label, source=1 + label) for label in range(OLD)]
    wrong = [world.send(label=label, person=(label + 1) % OLD, source=50 + label) for label in range(OLD)]
    vetted = world.vet()
    assert not any(vetted.counting[rows].any() for rows in wrong)
    assert all(vetted.counting[rows].all() for rows in right)


def test_a_base_with_one_photo_a_label_says_nothing_of_what_is_usual_and_the_founders_do() -> None:
    world = World(base_photos=1, classes=OLD + 6)
    right = [world.send(label=label, person=label, source=1 + label) for label in range(OLD + 6)]
    wrong = world.send(label=OLD, person=OLD + 1, source=50)
    vetted = world.vet()
    assert not vetted.counting[wrong].any()
    assert all(vetted.counting[rows].all() for rows in right)


def test_with_too_few_photos_to_learn_from_nothing_but_broken_rows_is_set_aside() -> None:
    world = World(old=0, classes=2)
    world.send(label=0, person=0, source=1, count=FEWEST_REFERENCE_ROWS // 2 - 2)
    world.send(label=1, person=1, source=2, count=FEWEST_REFERENCE_ROWS // 2 - 2)
    wrong = world.send(label=1, person=0, source=2, count=1)
    broken = world.send_embeddings(np.zeros((1, WIDTH), np.float32), label=0, source=1)
    vetted = world.vet()
    assert reasons(vetted, wrong) == [None]
    assert (~vetted.counting).sum() == 1
    assert reasons(vetted, broken) == [Reason.FAR]


def test_with_two_classes_what_is_closer_to_the_other_is_set_aside() -> None:
    world = World(old=2, base_photos=12, classes=2)
    right = world.send(label=0, person=0, source=1)
    wrong = world.send(label=1, person=0, source=2, count=2)
    vetted = world.vet()
    assert reasons(vetted, wrong) == [Reason.CLOSER_TO_ANOTHER] * 2
    assert vetted.counting[right].all()


def test_with_one_class_strangers_are_far() -> None:
    world = World(old=1, base_photos=FEWEST_REFERENCE_ROWS, classes=1)
    right = world.send(label=0, person=0, source=1)
    wrong = world.send_embeddings(-photos_of(0, 2, seed=5), label=0, source=2)
    vetted = world.vet()
    assert reasons(vetted, wrong) == [Reason.FAR] * 2
    assert vetted.counting[right].all()


def test_of_equal_embeddings_none_is_set_aside() -> None:
    world, equal = World(old=0, classes=6), np.ones((5, WIDTH), np.float32)
    for label in range(6):
        world.send_embeddings(equal, label=label, source=label % 3)
    assert world.vet().counting.all()


def test_labels_that_hardly_differ_are_not_told_apart() -> None:
    """A dead network gives nearly the same embedding for everybody, and says nothing of anybody."""
    world = World(classes=OLD + 1)
    wrong = world.send(label=0, person=1, source=1, count=3)
    second = world.send(label=OLD, person=2, source=2, count=8)
    vetted = world.vet()
    assert reasons(vetted, wrong) + reasons(vetted, second) == [Reason.CLOSER_TO_ANOTHER] * 3 + [Reason.SECOND_NAME] * 8
    world.squeeze(0.005)
    assert world.vet().counting.all()


def test_the_only_photo_of_a_label_counts_unless_it_is_a_second_name() -> None:
    world = World(classes=OLD + 2)
    alone = world.send(label=OLD, person=OLD, source=1, count=1)
    second = world.send(label=OLD + 1, person=1, source=2, count=1)
    vetted = world.vet()
    assert (reasons(vetted, alone), reasons(vetted, second)) == ([None], [Reason.SECOND_NAME])


@pytest.mark.parametrize("world", [World(old=0, classes=0), World()], ids=["no rows", "base alone"])
def test_where_no_device_has_rows_all_count(world: World) -> None:
    assert world.vet().counting.all()


def test_the_size_of_chunks_decides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    world, _ = honest_world()
    world.send(label=0, person=1, source=50, count=25)
    world.send(label=OLD, person=STRANGER, source=51, count=7)
    whole = world.vet().codes.tolist()
    monkeypatch.setattr(directions, "CHUNK_CELLS", 3 * WIDTH)
    assert world.vet().codes.tolist() == whole


@pytest.mark.parametrize("base_photos", [4, 0])
def test_a_photo_that_would_be_its_labels_mean_alone_is_set_aside(base_photos: int) -> None:
    """One embedding a thousand times as long took its label from 100 to 0 % right, and the others' distance with it."""
    world = World(base_photos=base_photos)
    for person in range(OLD):
        world.send(label=person, person=person, source=1)
    long = world.send_embeddings(1000 * photos_of(3, 1, seed=5), label=3, source=2)
    plain = world.send_embeddings(2 * photos_of(4, 1, seed=5), label=4, source=2)
    vetted = world.vet()
    assert vetted.where(Reason.FAR)[long].all()
    assert vetted.counting[plain].all()


def test_photos_are_compared_until_nothing_changes_and_of_many_until_hardly_anything_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world, _ = honest_world()
    flood = world.send(label=0, person=1, source=50, count=25)
    assert world.vet().rounds == 2
    monkeypatch.setattr(vetting, "SETTLED_ROWS", 10)
    monkeypatch.setattr(vetting, "SETTLED_ONE_IN", 2)
    settled = world.vet()
    assert settled.rounds == 1
    assert reasons(settled, flood) == [Reason.CLOSER_TO_ANOTHER] * 25
