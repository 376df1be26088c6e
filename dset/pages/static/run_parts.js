// What the sections of the run page are made of. Each is made once and told the news: { node, update(run), live?(isLive) }.

import { el, fill } from "./dom.js";
import { count } from "./telling.js";

/** A section with its heading: { node, body }. */
export function section(id, title, ...body) {
  const place = el("div", { class: "body" }, ...body);
  const node = el("section", { class: "card", id, "aria-labelledby": `${id}-title` }, el("h2", { id: `${id}-title` }, title), place);
  return { node, body: place };
}

/** A button between the first `few` of a list and all of it: `show()` is called when it turns; `tell(all)` says how many there are, and returns how many are shown. */
export function more(few, show) {
  let isWhole = false;
  const button = el("button", { type: "button", click: () => (isWhole = !isWhole, show()) });
  const node = el("p", {}, button);
  const tell = (all) => {
    node.hidden = all <= few;
    say(button, isWhole ? `Show only ${few}` : `Show all ${count(all)}`);
    button.setAttribute("aria-expanded", String(isWhole));
    return isWhole ? all : few;
  };
  return { node, tell };
}

/** Put a text where another stands, only if it differs: what a reader has marked stays marked. */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Call `make(value)` only when the value differs from the last one. */
export function onChange(make) {
  let last;
  return (value) => {
    const now = JSON.stringify(value);
    if (now !== last) make(value);
    last = now;
  };
}

/** A sentence in which what stands between backticks is something to type. */
export function worded(text, name = "p", attributes = {}) {
  const pieces = String(text ?? "").split(/`([^`]+)`/);
  return el(name, { dir: "auto", ...attributes }, ...pieces.map((piece, at) => (at % 2 ? el("code", {}, piece) : piece)));
}

/** Figures with a word for each; `rows` are [word, figure, note]. */
export function figures() {
  const node = el("dl", { class: "figures" });
  let words = "";
  const update = (rows) => {
    const now = rows.map(([word]) => word).join("\n");
    if (now !== words) fill(node, ...rows.map(([word]) => el("div", {}, el("dt", {}, word), el("dd", {}, el("span"), el("small", { class: "quiet" })))));
    words = now;
    rows.forEach(([, shown, note], at) => {
      const [value, small] = node.children[at].lastChild.children;
      say(value, shown);
      say(small, note ?? "");
    });
  };
  return { node, update };
}
