// The answers as pictures with their captions.

import { el, strange } from "./dom.js";
import { named, opener, status } from "./answers_table.js";
import { picture } from "./answers_picture.js";

/** A list of pictures; `on` as the table takes it. */
export function gallery(rows, on) {
  return el("ul", { class: "gallery" }, ...rows.map((row) => el("li", { "data-n": row.n }, opener(row, on, ...content(row, on)))));
}

function content(row, on) {
  const caption = row.answer || row.reason || row.question;
  const image = row.has_picture ? picture(on.source(row.n), row) : el("span", { class: "thumb" }, el("span", { class: "quiet" }, "no picture"));
  return [
    image,
    strange(caption, "span", { class: `cut caption${row.answer ? "" : " reason"}` }),
    el("span", { class: "quiet" }, `${named(row)} `, row.status === "answered" ? null : status(row.status)),
  ];
}
