"""The flags of the verbs that deal with pictures."""

from dset import values
from dset.flags import Flag
from dset.verb_values import SOURCES, dimensions, folder_name, size_text, sources, span

CAPTION: tuple[Flag, ...] = (
    Flag("size", "512|WxH", (512, 512), dimensions, "pixels of each picture (512)"),
    Flag(
        "fit",
        "crop|pad|stretch",
        "crop",
        values.one_of("crop", "pad", "stretch"),
        "how a picture of another shape is made to fit (crop)",
    ),
    Flag("quality", "N", 95, values.whole(1, 100), "of the JPEG files (95)"),
    Flag("skip_resize", "", False, values.switch, "take the pictures as they are"),
    Flag(
        "filter",
        "SHARE",
        None,
        values.number(0.5, 1),
        "move pictures aside that are so much like an earlier one, 0.5 to 1; alone: 0.94 (no filter)",
        bare="0.94",
    ),
    Flag(
        "keep_if",
        "TEXT",
        "",
        values.verbatim,
        "ask the model first whether this is true of a picture; if not, it is moved aside (not asked)",
    ),
    Flag("skip_filter", "", False, values.switch, "neither --filter nor --keep-if"),
    Flag("trigger", "TEXT", "", values.verbatim, "the words that each caption begins with (none)"),
    Flag("word_count", "LOW-HIGH", (20, 30), span, "words of a caption, or none (20-30)"),
    Flag("lang", "CODE", "en", values.verbatim, "the language of the captions (en)"),
    Flag(
        "forbid",
        "FILE",
        None,
        values.path,
        "names that no caption may hold, one a line, in any spelling or script (none)",
    ),
    Flag("translate", "CODE", "", values.verbatim, "a second caption in this language (none)"),
    Flag("text_model", "NAME", "", values.verbatim, "the model that translates (the same)"),
    Flag(
        "keep_blocked",
        "",
        False,
        values.switch,
        "leave pictures in train/ that the service's safety filter refuses",
    ),
    Flag(
        "format",
        "imagefolder|kohya",
        "imagefolder",
        values.one_of("imagefolder", "kohya"),
        "metadata.jsonl alone, or a .txt beside each picture as well (imagefolder)",
    ),
    Flag(
        "name",
        "NAME",
        "",
        folder_name,
        "the folder below dset_generator/captions (the folder's name)",
    ),
    Flag("check", "", False, values.switch, "ask nothing: is all fit for training?"),
    Flag("fix", "", False, values.switch, "ask nothing: mend what can be mended, then check"),
    Flag(
        "sheet",
        "",
        False,
        values.switch,
        "ask nothing: write a page that shows all pictures and captions",
    ),
)
SCRAPE: tuple[Flag, ...] = (
    Flag("query", "TEXT", (), values.verbatim, "what to search for, one or several", is_list=True),
    Flag(
        "num_images",
        "N",
        0,
        values.whole(1, 100_000),
        "pictures for each query (5)",
        alias="--num_images",
    ),
    Flag(
        "source",
        "NAME,…",
        (),
        sources,
        f"where to search: {', '.join(SOURCES)} (all that search and can be used)",
    ),
    Flag("task", "NAME", "", values.verbatim, "search for the labels of this task (none)"),
    Flag("per_label", "N", 0, values.whole(1, 100_000), "pictures for each label of the task (5)"),
    Flag("seed", "N", 0, values.whole(0), "another number, another choice (0)"),
    Flag(
        "near",
        "SHARE",
        0.94,
        values.number(0.5, 1),
        "how much alike two pictures may not be; 1: the same (0.94)",
    ),
    Flag("size", "WxH", "", size_text, "of a picture that --source generate makes (the service's)"),
    Flag(
        "prompt",
        "TEXT|@FILE",
        "{question}",
        values.template,
        "what --source generate is told to draw; {question} is the query ({question})",
    ),
    Flag("name", "NAME", "", folder_name, "the folder below scraped_images (the first query)"),
)
