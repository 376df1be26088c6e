// The picture that an answer is about, small or in full; a word in its place where it cannot be shown.

import { el } from "./dom.js";

/** A box of fixed size; the picture is fetched once it comes into sight. */
export function picture(source, row) {
  const box = el("span", { class: "thumb" });
  box.append(image(source, row, box, { loading: "lazy", decoding: "async" }));
  return box;
}

/** The picture as large as there is room. */
export function whole(source, row) {
  const box = el("a", { class: "whole", href: source, target: "_blank", rel: "noopener" });
  box.append(image(source, row, box, {}));
  return box;
}

function image(source, row, box, attributes) {
  const gone = () => box.replaceChildren(el("span", { class: "quiet" }, "no picture"));
  return el("img", { ...attributes, src: source, alt: `picture of row ${row.row ?? row.n ?? "?"}`, error: gone });
}
