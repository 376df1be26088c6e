"""What `status` says of a caption dataset: its queue as of any other, and how many of its pictures have a caption."""

from collections import Counter
from dataclasses import replace

from dset import status
from dset.captions import entries, orders, prompt_file
from dset.captions.entries import STATES
from dset.captions.places import SHELVES, Place
from dset.images.album import Album
from dset.inspection import Report
from dset.plans import Plan
from dset.settings import Settings
from dset.wording import counted


def look(settings: Settings) -> Report:
    """The report on the folder. Asks nothing, changes nothing; raises UsageError for a damaged plan."""
    place = Place(settings.output)
    plan = orders.known_plan(place.path)
    told = prompt_file.standing(place.prompt, orders.rules_of(plan, None), settings)
    album = Album(place.path, SHELVES)
    here = {one.file for one in album.ready() if album.where(one) is not None}

    def narrow(queue: Plan) -> None:
        queue.narrow(lambda question: question.image in here)

    own = replace(settings, questions=place.questions, prompt=told, samples=1)
    report = status.narrowed(own, narrow)
    counts = Counter(entry.state for entry in entries.read(place.path))
    total = len(here)
    others = [f"{counts[state]:,} {state}" for state in STATES[1:] if counts[state]]
    made = f"{counts['captioned']:,} of {counted(total, 'picture')} captioned"
    missing = total - counts["captioned"] - counts["blocked"]
    report.add("; ".join([made, *others]), 1 if missing > 0 else 0)
    return report
