// The figures of a drawn chart as a table, for who cannot see it, and what tables are made of.
// All text is a stranger's: it goes into textContent only, in elements that find their own direction.

const MOST_ROWS = 500;

export function element(name, className = "", text = null) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== null) made.textContent = text;
  return made;
}

export function foreign(name, className, text) {
  const made = element(name, className, text);
  made.dir = "auto";
  return made;
}

export function number(value) {
  if (value === null || value === undefined) return "–";
  const digits = Math.abs(value) >= 1 ? { maximumFractionDigits: 2 } : { maximumSignificantDigits: 4 };
  return new Intl.NumberFormat(undefined, digits).format(value);
}

export function caption(spec) {
  return foreign("caption", "chart-hidden", spec.title);
}

export function head(names) {
  const row = element("tr");
  for (const name of names) {
    const cell = foreign(name ? "th" : "td", "", name);
    if (name) cell.scope = "col";
    row.append(cell);
  }
  const made = element("thead");
  made.append(row);
  return made;
}

// The figures of a drawn chart: a row for each value of its axis, a column for each series.
export function figuresOf(spec, naming, axisName) {
  const table = element("table", "chart-table");
  const heads = spec.series.map((one) => (one.unit ? `${one.name} (${one.unit})` : one.name));
  table.append(caption(spec), head([axisName, ...heads]));
  const body = element("tbody");
  spec.x.values.slice(0, MOST_ROWS).forEach((value, at) => {
    const row = element("tr");
    const name = foreign("th", "", naming(value));
    name.scope = "row";
    row.append(name, ...spec.series.map((one) => element("td", "", number(one.values[at]))));
    body.append(row);
  });
  table.append(body);
  const frame = element("div", "chart-scroll");
  frame.tabIndex = 0;
  frame.setAttribute("role", "group");
  frame.setAttribute("aria-label", `${spec.title}: figures`);
  frame.append(table);
  if (spec.x.values.length > MOST_ROWS) {
    frame.append(element("p", "chart-note", `The first ${number(MOST_ROWS)} of ${number(spec.x.values.length)}.`));
  }
  return frame;
}
