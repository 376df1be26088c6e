// An answer as it would look: the server made HTML of its Markdown. It is read without being run, and only elements of
// this list are made anew from it, with texts and checked links: whatever else is in it never gets into the page.

import { el } from "./dom.js";

const SAME = new Set("p ul ol li code pre em strong table thead tbody tr th td blockquote hr br del".split(" "));
const DROPPED = new Set("script style template iframe object embed svg math noscript textarea title head form select".split(" "));
const SHIFT = 3; // the page has headings of its own above these
const SCHEMES = new Set(["http:", "https:", "mailto:"]);
const DEEPEST = 60, MOST = 50_000; // levels, nodes

/** An element with the formatted answer. */
export function formatted(html) {
  const read = new DOMParser().parseFromString(String(html), "text/html");
  const left = { nodes: MOST };
  return el("div", { class: "formatted", dir: "auto" }, ...copies(read.body, left, 0));
}

function copies(parent, left, depth) {
  const made = [];
  for (const node of parent.childNodes) {
    if (left.nodes-- <= 0) break;
    if (node.nodeType === Node.TEXT_NODE) made.push(node.data);
    else if (node.nodeType === Node.ELEMENT_NODE) made.push(...copy(node, left, depth));
  }
  return made;
}

function copy(node, left, depth) {
  const name = node.localName;
  if (DROPPED.has(name)) return [];
  if (name === "img") return [`[picture: ${node.getAttribute("alt") || "without words"}]`];
  if (depth > DEEPEST) return [node.textContent];
  const inside = copies(node, left, depth + 1);
  if (/^h[1-6]$/.test(name)) return [el(`h${Math.min(Number(name[1]) + SHIFT, 6)}`, { dir: "auto" }, ...inside)];
  if (name === "a") return [anchor(node.getAttribute("href"), inside)];
  if (name === "table") return [el("div", { class: "wide", tabindex: 0, role: "region", "aria-label": "Table" }, el("table", {}, ...inside))];
  if (name === "ol") return [el("ol", { dir: "auto", start: start(node) }, ...inside)];
  if (SAME.has(name)) return [el(name, ["hr", "br"].includes(name) ? {} : { dir: "auto" }, ...inside)];
  return inside;
}

function start(node) {
  const from = Number.parseInt(node.getAttribute("start"), 10);
  return Number.isSafeInteger(from) ? from : null;
}

/** A link that leads where it says, or its words alone. */
function anchor(href, inside) {
  const address = target(href);
  if (!address) return el("span", { dir: "auto" }, ...inside);
  return el("a", { href: address, title: address, dir: "auto", target: "_blank", rel: "noopener noreferrer nofollow" }, ...inside);
}

function target(href) {
  try {
    const address = new URL(href ?? ""); // one that is relative would lead into our own pages: no base
    return SCHEMES.has(address.protocol) ? address.href : null;
  } catch {
    return null;
  }
}
