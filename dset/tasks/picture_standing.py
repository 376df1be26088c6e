"""What `status` says of the folder of a task on pictures."""

from collections.abc import Mapping
from typing import Any

from dset import status
from dset.folders import Folder
from dset.images import album
from dset.inspection import Report
from dset.settings import Settings
from dset.tasks import definitions, picture_fields, picture_records, picture_requests
from dset.wording import counted


def look(settings: Settings, plan: Mapping[str, Any]) -> Report:
    """The report on the folder. Asks nothing, changes nothing; raises UsageError for a task that cannot be read."""
    task = definitions.read(str(plan["task"].get("name")), plan["task"], Folder(settings.output).plan)
    lang = str(plan.get("lang") or task.language)
    own = picture_requests.settings_for(settings, settings.output, picture_fields.without(task), lang)
    report = status.look(own)
    report.lines = list(map(picture_requests.mended, report.lines))
    total = len(album.Album(settings.output, (picture_fields.SHELF,)).ready())
    stand = len(picture_records.read(settings.output))
    report.add(f"{stand:,} records of {counted(total, 'picture')} stand", 1 if stand < total else 0)
    return report
