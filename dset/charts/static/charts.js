// draw(container, specs): the charts in the container, by their ids. Called again it changes what has changed and no more.
import { element, figuresOf, foreign } from "./tables.js";
import { axisName, configuration, naming } from "./plots.js";

export const kinds = { lines: drawn, columns: drawn }; // what each kind is made of; bars.js adds its own
const containers = new Set(); // that hold charts, to be painted anew with the page
const held = new WeakMap(); // container -> Map of id -> what was drawn
const NOTHING = "Nothing to show here yet.";

export function draw(container, specs) {
  const before = held.get(container) ?? new Map();
  const now = new Map();
  container.classList.add("charts");
  specs.forEach((spec, at) => {
    const said = JSON.stringify(spec);
    const old = before.get(spec.id);
    const one = old && old.said === said ? old : renewed(old, spec, said);
    const hadFocus = one !== old && old?.node.contains(document.activeElement);
    now.set(spec.id, one);
    // Only what stands in a wrong place is moved: a node that moves loses its focus.
    if (container.children[at] !== one.node) container.insertBefore(one.node, container.children[at] ?? null);
    if (!one.chart && one.canvas) one.chart = plotted(one);
    if (hadFocus) one.node.querySelector("button, summary, .chart-scroll")?.focus();
  });
  for (const [id, one] of before) if (!now.has(id) || now.get(id) !== one) one.chart?.destroy();
  while (container.children.length > specs.length) container.lastElementChild.remove();
  held.set(container, now);
  containers.add(container);
}

function renewed(old, spec, said) {
  if (old && old.chart && isAlike(old.spec, spec)) return changed(old, spec, said);
  const one = made(spec, said);
  if (old?.node.querySelector("details")?.open) one.node.querySelector("details")?.setAttribute("open", "");
  if (old?.node.querySelector("[aria-expanded=true]")) one.node.querySelector("[aria-expanded]")?.click();
  return one;
}

function isAlike(one, other) {
  const names = (spec) => JSON.stringify([spec.kind, spec.title, spec.x?.kind, spec.series?.map((each) => each.name)]);
  return names(one) === names(other) && !isEmpty(other);
}

// Single figures take a row of their own, and so does what has too many columns for half of one.
function isWide(spec) {
  return spec.kind === "figures" || (spec.x?.values.length ?? 0) > 30;
}

function isEmpty(spec) {
  return !(spec.x ? spec.x.values : spec.rows).length;
}

// The same chart with other figures: the canvas stays, what is read around it is said anew.
function changed(old, spec, said) {
  const fresh = configuration(spec, old.canvas);
  old.chart.data = fresh.data;
  old.chart.options = { ...fresh.options, animation: false };
  old.chart.update("none");
  old.canvas.setAttribute("aria-label", label(spec));
  const paragraph = old.node.querySelector(":scope > .chart-summary");
  if (paragraph) paragraph.textContent = spec.summary;
  const note = old.node.querySelector(":scope > .chart-note");
  if (note) note.textContent = spec.note;
  // The frame of the figures stays, with its focus and as far as it was scrolled.
  old.node.querySelector(".chart-scroll").replaceChildren(...figuresOf(spec, naming(spec), axisName(spec)).childNodes);
  Object.assign(old, { spec, said });
  return old;
}

function made(spec, said) {
  const node = element("section", `chart chart-is-${spec.kind}${isWide(spec) ? " chart-is-wide" : ""}`);
  const title = foreign("h3", "", spec.title);
  title.id = `chart-${spec.id}`;
  node.setAttribute("aria-labelledby", title.id);
  node.append(title, foreign("p", "chart-summary", spec.summary ?? ""));
  const one = { node, spec, said, chart: null, canvas: null };
  if (isEmpty(spec)) node.append(element("p", "chart-empty", spec.note ? "" : NOTHING));
  else node.append(...(kinds[spec.kind]?.(one) ?? []));
  node.append(foreign("p", "chart-note", spec.note ?? ""));
  return one;
}

function drawn(one) {
  const plot = element("div", "chart-plot");
  one.canvas = element("canvas");
  one.canvas.setAttribute("role", "img");
  one.canvas.setAttribute("aria-label", label(one.spec));
  plot.append(one.canvas);
  const details = element("details", "chart-details");
  details.append(element("summary", "", "Figures as a table"), figuresOf(one.spec, naming(one.spec), axisName(one.spec)));
  return [plot, details];
}

function label(spec) {
  return spec.summary ? `${spec.title}. ${spec.summary}` : spec.title;
}

function plotted(one) {
  const made = configuration(one.spec, one.canvas);
  made.options.font = { family: getComputedStyle(one.node).fontFamily };
  return new globalThis.Chart(one.canvas, made);
}

function repaint() {
  for (const container of containers) {
    if (!container.isConnected) containers.delete(container);
    else for (const one of held.get(container).values()) if (one.chart) changed(one, one.spec, one.said);
  }
}

function onPaper(isPaper) {
  for (const container of containers) container.classList.toggle("charts-on-paper", isPaper);
  repaint();
}

for (const one of ["(prefers-color-scheme: dark)", "(prefers-contrast: more)", "(forced-colors: active)"]) matchMedia(one).addEventListener("change", repaint);
addEventListener("beforeprint", () => onPaper(true));
addEventListener("afterprint", () => onPaper(false));
