// A button that copies a text, and says whether it did.

import { el } from "./dom.js";

/** `text()` is what is copied; `shown()` the element that shows it, which is selected where a browser refuses. */
export function copier(words, text, shown) {
  const said = el("span", { role: "status", class: "quiet" });
  const button = el("button", { type: "button", class: "small", click: async () => {
    try {
      await navigator.clipboard.writeText(text());
      said.textContent = "Copied.";
    } catch {
      select(shown?.());
      said.textContent = "This browser does not let pages copy here: it is selected, press Ctrl+C (⌘C).";
    }
  } }, words);
  return el("span", { class: "copier" }, button, said);
}

function select(element) {
  if (element) getSelection().selectAllChildren(element);
}
