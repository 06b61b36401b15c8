"""The stories of scenarios: who uploads what, through which device, in which cycle. Data that no cycle knows of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bench.learning.people import Floats, near_duplicates
from bench.learning.world import Draft, Member, Upload

MISTAKES = 0.05
"""The share of a person's further photos that somebody calls by another name first, and corrects a cycle later."""


def grow(draft: Draft, *, cycles: int, new_photos: int = 4, further: float = 0.3, mistakes: float = MISTAKES) -> None:
    """Let a group grow: in each cycle a few new people, and further photos and corrections of those known already."""
    grow_by(draft, _shares(draft.cast.new, cycles), new_photos=new_photos, further=further, mistakes=mistakes)


def grow_by(
    draft: Draft,
    arrivals: Sequence[Sequence[Member]],
    *,
    new_photos: int = 4,
    further: float = 0.3,
    mistakes: float = MISTAKES,
) -> None:
    """Let these people arrive, cycle by cycle; of those known a share of `further` get one or two photos more."""
    known, wrong = list(draft.cast.base), list[tuple[str, Upload]]()
    for arriving in arrivals:
        draft.begin_cycle()
        for name, upload in wrong:
            draft.correct([upload], name)
        wrong = []
        for member in arriving:
            _introduce(draft, member, new_photos)
        for member in known:
            if draft.random.random() < further:
                wrong += _send_more(draft, member, known, mistakes)
        known += arriving


def _introduce(draft: Draft, member: Member, photos: int) -> None:
    devices = draft.choose_devices(int(draft.random.integers(2, 4)))
    draft.send(member.name, draft.photos(member, photos), devices)


def _send_more(draft: Draft, member: Member, known: Sequence[Member], mistakes: float) -> list[tuple[str, Upload]]:
    """Send a photo or two; return those that were called by another name, with the right one."""
    photos, [device] = draft.photos(member, int(draft.random.integers(1, 3))), draft.choose_devices(1)
    if draft.random.random() >= mistakes:
        draft.send(member.name, photos, [device])
        return []
    other = known[int(draft.random.integers(len(known)))]
    return [(member.name, upload) for upload in draft.send(other.name, photos, [device])]


def new_only(draft: Draft) -> None:
    """All new people come in one cycle, and nobody else is sent."""
    draft.begin_cycle()
    for member in draft.cast.new:
        _introduce(draft, member, 4)


def only_new_have_devices(draft: Draft) -> None:
    """Each new person has a device, which sends its owner alone, in each cycle."""
    arrivals = _shares(draft.cast.new, 3)
    here: list[Member] = []
    for arriving in [*arrivals, []]:
        draft.begin_cycle()
        here += arriving
        for member in here:
            draft.send(member.name, draft.photos(member, 2), [f"own-{member.name}"])


def star(draft: Draft) -> None:
    """One old person gets 300 photos in the first cycle."""
    arrivals = _shares(draft.cast.new, 3)
    grow_by(draft, arrivals)
    star = draft.cast.base[0]
    draft.cycles[0] += sent(draft, star.name, draft.many_photos(star, 300), draft.choose_devices(2))


def bursts(draft: Draft) -> None:
    """Each photo comes as ten of one moment."""
    grow(draft, cycles=3)
    for place, cycle in enumerate(draft.cycles):
        moments = [upload for upload in cycle if upload.revision == 1]
        for upload in moments:
            again = near_duplicates(np.repeat(upload.embedding[np.newaxis], 9, axis=0), draft.random)
            draft.cycles[place] += sent(draft, upload.label, again, [upload.device])


def second_names(draft: Draft, *, people: int, photos: int) -> None:
    """People of the base get a second name, each from one device, while unrelated people arrive."""
    grow(draft, cycles=3, mistakes=0.0)
    for member in draft.cast.base[:people]:
        name = f"also-{member.name}"
        draft.aliases[name] = member.name
        draft.cycles[1] += sent(draft, name, draft.many_photos(member, photos), draft.choose_devices(1))


def typo(draft: Draft) -> None:
    """Two old people, and two new ones, are taken for each other; a cycle later all of it is corrected."""
    pairs = [draft.cast.base[:2], draft.cast.new[:2]]
    swapped = {id(member) for pair in pairs for member in pair}
    rest = [member for member in draft.cast.new if id(member) not in swapped]
    draft.begin_cycle()
    mistaken = []
    for one, other in pairs:
        for member, said in ((one, other), (other, one)):
            sent = draft.send(said.name, draft.photos(member, 5), draft.choose_devices(2))
            mistaken.append((member.name, sent))
    draft.begin_cycle()
    for name, sent in mistaken:
        draft.correct(sent, name)
    begun = draft.cycles
    draft.cycles = []
    grow_by(draft, _shares(rest, 4), mistakes=0.0)
    draft.cycles = [[*(begun[place] if place < len(begun) else []), *cycle] for place, cycle in enumerate(draft.cycles)]


def liars(draft: Draft, *, share: float) -> None:
    """Let some devices call everybody by somebody else's name."""
    grow(draft, cycles=4, mistakes=0.0)
    liars = set(draft.choose_devices(max(1, round(share * len(draft.cast.devices)))))
    said = [member.name for member in draft.cast.base]
    for place, cycle in enumerate(draft.cycles):
        draft.cycles[place] = [_lie(draft, upload, said) if upload.device in liars else upload for upload in cycle]
        said += sorted({upload.label for upload in cycle} - set(said))


def _lie(draft: Draft, upload: Upload, said: Sequence[str]) -> Upload:
    others = [name for name in said if name != upload.label]
    label = others[int(draft.random.integers(len(others)))]
    return Upload(upload.device, upload.sample, label, upload.embedding, upload.revision)


def flood_old(draft: Draft) -> None:
    """25 photos of others come under the name of one old person, in the second of four cycles."""
    victim = draft.cast.base[0]
    grow(draft, cycles=4)
    others = [member for member in draft.cast.base[1:] if len(member.stock)]
    photos = np.concatenate([draft.many_photos(others[place % len(others)], 1) for place in range(25)])
    draft.cycles[1] += sent(draft, victim.name, photos, ["flood"])


def flood_everybody(draft: Draft) -> None:
    """500 photos of known people come under one new name."""
    grow(draft, cycles=4)
    members = [member for member in draft.cast.base if len(member.stock)]
    photos = np.concatenate([draft.many_photos(member, -(-500 // len(members))) for member in members])
    draft.cycles[1] += sent(draft, "x", photos[:500], ["flood"])


def flood_new_name(draft: Draft) -> None:
    """60 photos of one old person come under a new name that is not theirs."""
    victim = draft.cast.base[0]
    grow(draft, cycles=4)
    draft.cycles[1] += sent(draft, "x", draft.many_photos(victim, 60), ["flood"])


def household(draft: Draft) -> None:
    """Everything comes through one device."""
    grow(draft, cycles=4)
    for place, cycle in enumerate(draft.cycles):
        draft.cycles[place] = [upload.by("the-phone") for upload in cycle]


def few(draft: Draft) -> None:
    """Everybody gets photos in each of three cycles."""
    grow(draft, cycles=3, further=1.0, mistakes=0.0)


def once(draft: Draft) -> None:
    """One cycle, with three photos of each new person."""
    grow(draft, cycles=1, new_photos=3)


def sent(draft: Draft, label: str, photos: Floats, devices: Sequence[str]) -> list[Upload]:
    """Write uploads that another cycle than the last is to have."""
    sent = draft.send(label, photos, devices)
    del draft.cycles[-1][-len(sent) :]
    return sent


def _shares(members: Sequence[Member], cycles: int) -> list[list[Member]]:
    return [list(members[place::cycles]) for place in range(cycles)]
