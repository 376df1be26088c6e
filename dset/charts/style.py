"""How the page of `report --html` looks: light and dark by the reader's own setting, on a phone, on paper."""

# Text on its ground has a contrast of 4.5 and more in both schemes (WCAG 2.2, 1.4.3).
STYLE = """
:root{color-scheme:light dark;--ground:#f6f6f3;--card:#fff;--text:#1b1b1b;--quiet:#595959;--edge:#d9d9d3;--focus:#0b57d0;
--tag:#e7eef7;--warn:#fff4d6;--warn-edge:#c99700}
@media(prefers-color-scheme:dark){:root{--ground:#121212;--card:#1c1c1c;--text:#ececec;--quiet:#b0b0b0;--edge:#3a3a3a;--focus:#8ab4f8;
--tag:#24344a;--warn:#33290c;--warn-edge:#c99700}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--ground);color:var(--text);
font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Noto Sans Thai","Noto Sans Arabic","Noto Sans CJK SC",sans-serif}
header,main,footer{margin-inline:auto;max-inline-size:72rem;padding-inline:max(1rem,env(safe-area-inset-left))}
header{padding-block:2rem .5rem}
h1{font-size:clamp(1.5rem,4vw,2rem);line-height:1.25;margin:0;overflow-wrap:anywhere}
h2{font-size:1.3rem;margin:2.25rem 0 .9rem}
header p{color:var(--quiet);margin:.35rem 0 0;overflow-wrap:anywhere}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;list-style:none;margin:.9rem 0 0;padding:0}
a{color:var(--focus)}
nav a{display:inline-block;padding-block:.3rem}
:focus-visible{outline:3px solid var(--focus);outline-offset:2px}
.skip{background:var(--card);inset-block-start:0;inset-inline-start:-100vw;padding:.6rem 1rem;position:absolute}
.skip:focus{inset-inline-start:0;z-index:1}
.told{background:var(--warn);border-inline-start:4px solid var(--warn-edge);border-radius:.25rem;color:var(--text);margin:1rem 0 0;padding:.6rem .9rem}
.sample{display:grid;gap:1rem;grid-template-columns:repeat(auto-fill,minmax(min(100%,26rem),1fr));list-style:none;margin:0;padding:0}
.card{background:var(--card);border:1px solid var(--edge);border-radius:.6rem;min-inline-size:0;padding:.9rem 1.1rem 1rem}
.card h3{color:var(--quiet);font-size:.875rem;font-weight:600;margin:0}
.card p{margin:.5rem 0 0;overflow-wrap:anywhere}
.tag{background:var(--tag);border-radius:1rem;color:var(--text);display:inline-block;margin-inline-start:.4rem;max-inline-size:100%;overflow-wrap:anywhere;padding:.05rem .6rem}
.asked{font-weight:600;white-space:pre-line}
.said{white-space:pre-wrap}
.fields{margin:.5rem 0 0}
.fields div{margin-block-end:.4rem}
.fields dt{color:var(--quiet);font-size:.875rem;overflow-wrap:anywhere}
.fields dd{margin:0;overflow-wrap:anywhere;white-space:pre-wrap}
.about,.empty{color:var(--quiet);font-size:.875rem}
details{margin-block-start:.4rem}
.asked,.said,.fields dd{line-height:1.6}
summary{cursor:pointer;padding-block:.2rem}
.level{background:var(--card);border:1px solid var(--edge);border-radius:.6rem;margin:0;overflow-wrap:anywhere;padding:.9rem 1.1rem;white-space:pre-wrap}
footer{color:var(--quiet);font-size:.875rem;padding-block:2.5rem 2rem}
@media(prefers-contrast:more){:root{--quiet:var(--text);--edge:#8a8a8a}}
@media(forced-colors:active){.tag,.told{border:1px solid}}
@media print{@page{margin:1.5cm}:root{--ground:#fff;--card:#fff;--text:#000;--quiet:#444;--edge:#bbb;--tag:#eee;--warn:#fff}nav,.skip{display:none}
.card{break-inside:avoid}header{padding-block-start:0}}
"""
