"""When what is known of a face must go: an agreement to an old text, a person who left."""

from datetime import timedelta


def agreement_counts(version, oldest, deadline, today):
    """Whether having agreed to this version of the text is still enough.

    Args:
        version: of the text that was agreed to.
        oldest: the oldest version that counts for good.
        deadline: the last day on which earlier versions count, too; None: no end is set.
    """
    return version >= oldest or deadline is None or today <= deadline


def erase_on(departed_on, archived_on, days):
    """The first day on which templates of a person who left are erased; None: they are here.

    Args:
        departed_on: the day that HR wrote down, which may lie ahead; or None.
        archived_on: the day on which the employee was archived; None while they are active.
        days: how long templates are kept after departure, 0 or more.
    """
    if archived_on is None:
        return None
    return (departed_on or archived_on) + timedelta(days=days)
