// Page by page: buttons, and a page to jump to.

import { el } from "./dom.js";
import { count } from "./telling.js";

/** A <nav>; `turn(page)` is called for the page that was chosen. Its `tell(page, pages)` says where it stands. */
export function paging(turn) {
  let at = 1, last = 1;
  const turned = (page) => () => {
    const next = Math.min(Math.max(page(), 1), last);
    if (next !== at) turn(next);
  };
  const button = (words, page) => el("button", { type: "button", click: turned(page) }, words);
  const first = button("First", () => 1), before = button("Previous", () => at - 1);
  const after = button("Next", () => at + 1), final = button("Last", () => last);
  const jump = el("input", { type: "number", min: 1, step: 1, inputmode: "numeric", "aria-label": "Page" });
  const of = el("span", { class: "quiet" });
  const form = el("form", { submit: (event) => {
    event.preventDefault();
    turned(() => Math.trunc(Number(jump.value)) || at)();
    jump.value = at;
  } }, el("label", {}, "Page ", jump), of, el("button", { type: "submit" }, "Go"));
  const nav = el("nav", { class: "paging", "aria-label": "Pages of the list", hidden: true }, first, before, form, after, final);
  // A button that is greyed out while it has the focus would lose it: these only say that they are.
  const able = (one, isAble) => one.setAttribute("aria-disabled", String(!isAble));
  const tell = (page, pages) => {
    [at, last] = [page, Math.max(pages, 1)];
    nav.hidden = last < 2;
    jump.max = last;
    jump.value = at;
    of.textContent = ` of ${count(last)} `;
    for (const one of [first, before]) able(one, at > 1);
    for (const one of [after, final]) able(one, at < last);
  };
  return { nav, tell };
}
