// Elements and texts. What strangers wrote only ever becomes text: nothing here takes HTML.

const LONG = 5000; // characters; the time grows with the square of them

/** An element: `el("p", {class: "quiet", dir: "auto"}, "text", child)`. Functions among the attributes are listeners. */
export function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(key, value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value != null) made.setAttribute(key, String(value));
  }
  fill(made, ...children);
  return made;
}

function asNode(child) {
  return child instanceof Node ? child : document.createTextNode(String(child));
}

/** Replace all that stands in an element. */
export function fill(element, ...children) {
  element.replaceChildren(...children.filter((child) => child != null).map(asNode));
  element.classList.toggle("unbroken", children.some(isUnbroken));
  return element;
}

/** No blank for so long that to look for the words in it, as browsers do in Thai, Khmer or Lao, would take seconds. */
function isUnbroken(text) {
  return typeof text === "string" && text.length > LONG && text.split(/\s+/).some((run) => run.length > LONG);
}

/** A stranger's text, in its own direction, with its line ends. */
export function strange(text, name = "span", attributes = {}) {
  return el(name, { dir: "auto", ...attributes }, text == null ? "" : text);
}

/** What there is to say where there is nothing to show. */
export function message(...children) {
  return el("p", { class: "message" }, ...children);
}
