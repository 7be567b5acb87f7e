"""Photos of a batch whose face is somebody else's, too: which of them are not used.

A photo that lies in the wrong folder resembles the people there less than its own person. So
the photo for which most speaks that it is another's goes first (of two alike, the one that
more photos of its own person disown), and what is left is looked at again; where nothing tells two people apart, neither is enrolled. The order of the photos
decides nothing.
"""

from collections import Counter


def refused(people, own, pairs):
    """{photo: the other photo that it resembles}, of those that must not be used.

    Args:
        people: for each photo, whose it is said to be.
        own: for each photo, how many others of the same person it resembles.
        pairs: (photo, photo) of different people that resemble each other.
    """
    against = {}
    for one, other in pairs:
        against.setdefault(one, set()).add(other)
        against.setdefault(other, set()).add(one)
    photos_of = Counter(people)
    out = {}
    while against:
        weight = {
            photo: (len(others) - own[photo], photos_of[people[photo]] - 1 - own[photo])
            for photo, others in against.items()
        }
        worst = max(weight.values())
        leaving = [photo for photo, value in weight.items() if value == worst]
        out.update((photo, min(against[photo])) for photo in leaving)
        gone = set(leaving)
        against = {
            photo: others - gone
            for photo, others in against.items()
            if photo not in gone and others - gone
        }
    return out
