"""What of an order is searched for, and what is left for a model to make."""

from collections import Counter
from dataclasses import replace

from dset.scraping.folder import ScrapeFolder
from dset.scraping.plan import Order
from dset.scraping.sources import GENERATE


def to_search(order: Order, *, rehearses: bool) -> Order:
    """The order without the share of what is generated: that comes last, and fills up what nobody gave.

    A rehearsal has all sources invented.
    """
    names = tuple(one for one in order.sources if one != GENERATE or rehearses)
    share = -(-order.count // len(order.sources)) if len(names) < len(order.sources) else 0
    return replace(order, sources=names, count=order.count - share if names else 0)


def counted(home: ScrapeFolder, share: int, query: str) -> Counter[str]:
    """What counts as kept where all but the `share` of what is generated is searched for.

    What was generated beyond the share stands in for what the search did not find: it is not searched for again.
    """
    kept = home.kept(query)
    beyond = max(0, kept.pop(GENERATE, 0) - share)
    return kept + Counter({GENERATE: beyond})
