// Charts that are tables: single figures, bars, and the figures of a drawn chart for who cannot see it.
// All text is a stranger's: it goes into textContent only, in elements that find their own direction.

const MOST_ROWS = 500;
const MOST_BARS = 12; // that are shown at once; of more the first ten, and the others where they are asked for
const FIRST_BARS = 10;

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

export function figures(spec) {
  const list = element("dl", "chart-figures");
  for (const row of spec.rows) {
    const pair = element("div");
    pair.append(foreign("dt", "", row.label), foreign("dd", "", row.value));
    list.append(pair);
  }
  return list;
}

export function bars(spec) {
  const table = element("table", "chart-bars");
  const total = spec.rows.reduce((sum, row) => sum + row.value, 0);
  const most = Math.max(...spec.rows.map((row) => row.value), 0);
  table.append(caption(spec), head(["", spec.unit, ...(spec.share === false ? [] : ["share"])]));
  const body = (rows) => {
    const made = element("tbody");
    made.append(...rows.map((row) => bar(row, most, spec.share === false ? null : total)));
    return made;
  };
  if (spec.rows.length <= MOST_BARS) {
    table.append(body(spec.rows));
    return [table];
  }
  const rest = body(spec.rows.slice(FIRST_BARS));
  table.append(body(spec.rows.slice(0, FIRST_BARS)), rest);
  return [table, opener(rest, spec.rows.length)];
}

// A button that shows what is hidden, and hides it again.
function opener(rest, all) {
  const button = element("button", "chart-more");
  const turn = () => {
    rest.hidden = !rest.hidden;
    button.textContent = rest.hidden ? `Show all ${number(all)}` : `Show the first ${FIRST_BARS}`;
    button.setAttribute("aria-expanded", String(!rest.hidden));
  };
  button.type = "button";
  button.addEventListener("click", turn);
  turn();
  return button;
}

function bar(row, most, total) {
  const line = element("tr");
  const name = element("th");
  name.scope = "row";
  name.append(foreign("span", "chart-label", row.label));
  if (row.detail) name.append(foreign("span", "chart-detail", row.detail));
  const track = element("span", "chart-track");
  const filled = element("span", "chart-bar");
  filled.style.inlineSize = most ? `${(100 * row.value) / most}%` : "0";
  track.append(filled);
  name.append(track);
  const share = total ? new Intl.NumberFormat(undefined, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 }) : null;
  line.append(name, element("td", "", number(row.value)));
  if (total !== null) line.append(element("td", "", share ? share.format(row.value / total) : ""));
  return line;
}

function caption(spec) {
  return foreign("caption", "chart-hidden", spec.title);
}

function head(names) {
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
