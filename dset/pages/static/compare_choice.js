// Which two datasets are compared, and which of their pairs are shown.

import { patient } from "./answers_loader.js";
import { el, fill, strange } from "./dom.js";
import { count } from "./telling.js";

const ONLY = { "": ["All", "all"], both: ["In both", "both"], different: ["Different", "different"], same: ["Same", "same"], left: ["Only left", "left"], right: ["Only right", "right"] };

/** A form; `change(values, isTyped)` is called with `right`, `q` and `only` as they are wanted. */
export function choice(dataset, others, change, swapped) {
  const typing = patient((isTyped) => change({ q: q.value.trim() }, isTyped));
  const right = el("select", { change: () => change({ right: right.value }, false) }, ...others.map((one) => strange(one.name, "option", { value: one.key })));
  const q = el("input", { type: "search", autocomplete: "off", spellcheck: "false", dir: "auto", enterkeyhint: "search", placeholder: "Words in questions and answers",
    input: (event) => event.isComposing || typing.soon(), compositionend: () => typing.soon() });
  const kinds = Object.entries(ONLY).map(([only, [words]]) => {
    const figure = el("span", { class: "figure" }, "–");
    return { only, figure, button: el("button", { type: "button", "data-only": only || "all", click: () => change({ only }, false) }, figure, " ", el("span", {}, words)) };
  });
  const swap = el("a", { class: "swap" }, "Swap sides");
  const form = el("form", { role: "search", "aria-label": "Pairs", class: "filters card", submit: (event) => {
    event.preventDefault();
    typing.now();
  } },
  el("p", { class: "choice" }, el("span", {}, "Left"), strange(dataset.name, "strong", {})),
  el("label", { class: "choice" }, el("span", {}, "Right"), right), swap,
  el("label", { class: "choice sought" }, el("span", {}, "Search"), q),
  el("div", { role: "group", "aria-label": "Which pairs", class: "kinds" }, ...kinds.map((one) => one.button)));
  function tell(state) {
    right.value = state.right;
    swap.setAttribute("href", swapped(state));
    if (!(q === document.activeElement && (typing.waits() || q.value.trim() === state.q))) q.value = state.q;
    for (const one of kinds) one.button.setAttribute("aria-pressed", String(one.only === state.only));
  }
  function figures(counts) {
    const all = sum(counts?.both, counts?.left, counts?.right);
    for (const one of kinds) fill(one.figure, count(one.only ? counts?.[one.only] : all));
  }
  return { form, tell, figures, end: typing.end, clear: () => change({ q: "", only: "" }, false) };
}

function sum(...values) {
  return values.every(Number.isFinite) ? values.reduce((a, b) => a + b, 0) : null;
}
