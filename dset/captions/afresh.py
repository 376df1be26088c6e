"""A rehearsal of captions begins anew once the last one has finished, or where another dataset is asked for."""

from dset import files
from dset.captions import orders, publishing
from dset.captions.orders import Order
from dset.captions.places import ASIDE, SHELVES
from dset.images import album
from dset.rehearsal import stage

_MARK = "finished.json"


def clear(order: Order) -> None:
    """Remove what the last rehearsal left, if this one begins anew. Call it under the folder's lock. Raises OSError."""
    folder = order.folder
    if not (folder / _MARK).exists() and not orders.differences(order):
        return
    for inner in (folder / shelf for shelf in (*SHELVES, ASIDE)):
        for one in inner.iterdir() if inner.is_dir() else ():
            if one.is_file():
                files.remove(one)
    for queue in (*folder.glob("translate-*"), folder / "keep"):
        stage.clear(queue)
    stage.clear(folder, orders.NAME, album.NAME, publishing.NOTED, _MARK)


def finished(order: Order) -> None:
    """The next rehearsal begins anew."""
    files.replace(order.folder / _MARK, [b"{}\n"])
