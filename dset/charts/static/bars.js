// Charts that are tables: single figures, and bars.
import { kinds } from "./charts.js";
import { caption, element, foreign, head, number } from "./tables.js";

const MOST_BARS = 12; // that are shown at once; of more the first ten, and the others where they are asked for
const FIRST_BARS = 10;

kinds.figures = ({ spec }) => [figures(spec)];
kinds.bars = ({ spec }) => bars(spec);

function figures(spec) {
  const list = element("dl", "chart-figures");
  for (const row of spec.rows) {
    const pair = element("div");
    pair.append(foreign("dt", "", row.label), foreign("dd", "", row.value));
    list.append(pair);
  }
  return list;
}

function bars(spec) {
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
