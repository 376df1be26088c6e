"""How the contact sheet looks: light and dark by the reader's own setting, one column or many, no script."""

from dset.captions.entries import STATES

_FILTER = "\n".join(
    f"body:has(#show-{name}:checked) .card:not(.{name}){{display:none}}"
    for name in (state.replace(" ", "-") for state in STATES)
)

# Text on its ground has a contrast of 4.5 and more in both schemes (WCAG 2.2, 1.4.3).
STYLE = (
    """
:root{color-scheme:light dark;--ground:#fff;--card:#f4f4f2;--text:#1b1b1b;--quiet:#595959;--line:#c9c9c4;--focus:#0b57d0;
--bad:#a40e26;--warn:#7a4b00;--calm:#4a4a4a}
@media(prefers-color-scheme:dark){:root{--ground:#121212;--card:#1f1f1f;--text:#ececec;--quiet:#b0b0b0;--line:#444;
--focus:#8ab4f8;--bad:#ff9aa6;--warn:#f3c064;--calm:#c4c4c4}}
*{box-sizing:border-box}
body{margin:0;padding:1rem;background:var(--ground);color:var(--text);
font:1rem/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Noto Sans Thai","Noto Sans Arabic","Noto Sans CJK SC",sans-serif}
h1{font-size:1.4rem;margin:0 0 .5rem;overflow-wrap:anywhere}
h2{font-size:1.1rem;margin:1rem 0 .5rem}
:focus-visible{outline:3px solid var(--focus);outline-offset:2px}
.filter{border:1px solid var(--line);border-radius:.5rem;display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;margin:0;padding:.5rem 1rem}
.filter label{padding:.35rem 0;cursor:pointer}
.filter input{inline-size:1.1rem;block-size:1.1rem;vertical-align:-.15rem;accent-color:var(--focus)}
details{margin-block:.75rem}
summary{cursor:pointer;padding:.35rem 0}
.wide{overflow-x:auto}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{border-block-end:1px solid var(--line);padding:.3rem .75rem;text-align:end;font-weight:normal}
th:first-child{text-align:start;overflow-wrap:anywhere;min-inline-size:9rem}
thead th{color:var(--quiet);white-space:nowrap}
.sheet{list-style:none;margin:0;padding:0;display:grid;gap:.75rem;grid-template-columns:repeat(auto-fill,minmax(min(100%,15rem),1fr))}
.card{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.75rem;min-inline-size:0;
content-visibility:auto;contain-intrinsic-size:auto 20rem}
figure{margin:0}
.frame,.none{display:grid;place-items:center;min-block-size:160px;overflow:hidden;border-radius:.25rem}
.frame img{display:block;max-inline-size:100%;block-size:auto}
.none{border:1px dashed var(--line);color:var(--quiet)}
figcaption p{margin:.5rem 0 0;overflow-wrap:anywhere}
.caption{white-space:pre-line;text-align:start}
.reason,.source{font-size:.85rem;color:var(--quiet)}
.source b{font-weight:600}
.state{font-weight:700;text-transform:uppercase;letter-spacing:.04em;font-size:.85rem;color:var(--calm)}
.blocked .state,.failed .state{color:var(--bad)}
.waiting .state,.deleted .state{color:var(--warn)}
.card.blocked,.card.failed{border:2px solid var(--bad)}
.card.waiting{border:2px dashed var(--warn)}
.veil img{filter:blur(14px)}
.veil:hover img,.veil:focus img{filter:none}
@media print{.filter,details{display:none}.veil img{filter:none}}
"""
    + _FILTER
    + "\n"
)
