"""The command line, read: the verb, the settings, the verb's own options."""

from collections.abc import Sequence
from typing import NamedTuple

from dset.cleaning import clean
from dset.errors import UsageError
from dset.settings import Settings, load, options_of, parser
from dset.verbs import VERBS, Options

_ABOUT = """\
Each flag has a variable, in brackets, for .env or the environment. Keys live there only: DEEPSEEK_API_KEY,
GEMINI_API_KEY (_1, _2 …), OPENAI_API_KEY, OPENROUTER_API_KEY; DSET_API_KEY for another service. What is asked in which
order may stand in endpoints.toml beside q.csv (see endpoints.example.toml). Exit status: 0 done, 1 rows failed or an
outage, 2 mend something first, 130 or 143 interrupted.
"""


class Command(NamedTuple):
    """The command line, read."""

    verb: str
    settings: Settings
    options: Options


def read(argv: Sequence[str], program: str, description: str) -> Command:
    """The verb, 'run' where none is named, with all that it takes. Raises UsageError; --help ends the program."""
    named = bool(argv) and not argv[0].startswith("-")
    name = argv[0] if named else "run"
    if name not in VERBS:
        raise UsageError(f"{clean(name)!r} is no command: it is one of {', '.join(VERBS)} (see --help)")
    verb = VERBS[name]
    if named:
        reader = parser(f"{program} {name}", verb.help, _ABOUT if verb.is_run else "", verb.all_flags)
    else:
        listed = "\n".join(f"  {one.usage:<22}{one.help}" for one in VERBS.values())
        about = f"commands, each with its own --help:\n{listed}\n\n{_ABOUT}"
        reader = parser(program, description, about)
    if verb.nargs:
        reader.add_argument("words", nargs=verb.nargs, metavar=verb.words)
    given = vars(reader.parse_args(list(argv[1:] if named else argv)))
    if verb.looks_at_a_folder and given.get("words"):
        given["output"] = given["words"]
    settings = load(given)
    try:
        options = options_of(verb.flags, given)
    except UsageError as error:
        raise UsageError(settings.secrets.scrub(str(error))) from None  # a key in the wrong flag
    return Command(name, settings, options | {"words": given.get("words") or []})
