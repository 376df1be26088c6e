// Charts that are drawn by Chart.js (the global `Chart`), in the colours of the page and the words of the reader's locale.

const DASHES = [[], [6, 3], [2, 2], [8, 3, 2, 3]];
const MARKERS = ["circle", "rect", "triangle", "rectRot", "star", "cross"];
const LONGEST_STEP = 2; // widths of a bucket: so wide is a pause drawn, however long it was
const FEW = 16; // points that have a marker each

export function naming(spec) {
  if (spec.x.kind === "category") return (value) => String(value);
  if (spec.x.kind === "number") return (value) => new Intl.NumberFormat().format(value);
  const values = spec.x.values;
  const step = spec.x.step ?? narrowest(values);
  const length = values.length ? values[values.length - 1] - values[0] : 0;
  const shown = step >= 86400 ? {} : { hour: "numeric", minute: "2-digit", ...(step < 60 ? { second: "2-digit" } : {}) };
  const day = step >= 86400 || length > 43200 ? { day: "numeric", month: "short" } : {};
  const year = length > 15e6 ? { year: "numeric" } : {};
  const format = new Intl.DateTimeFormat(undefined, { ...year, ...day, ...shown });
  return (value) => format.format(new Date(value * 1000));
}

// What the values of the axis are: times stand in the reader's own zone, which is named.
export function axisName(spec) {
  if (spec.x.kind !== "time") return spec.x.unit;
  return `time (${new Intl.DateTimeFormat().resolvedOptions().timeZone})`;
}

function narrowest(values) {
  let step = Infinity;
  for (let at = 1; at < values.length; at += 1) step = Math.min(step, values[at] - values[at - 1]);
  return step === Infinity ? 1 : step;
}

// Where each value stands on the linear scale: times as far apart as they are, but no pause wider than two buckets.
function places(x) {
  if (x.kind !== "time") return x.values.map((value, at) => (x.kind === "number" ? value : at));
  const step = x.step ?? narrowest(x.values);
  const found = [];
  x.values.forEach((value, at) => {
    found.push(at ? found[at - 1] + Math.min((value - x.values[at - 1]) / step, LONGEST_STEP) : 0);
  });
  return found;
}

export function configuration(spec, canvas) {
  const colours = paint(canvas);
  const found = places(spec.x);
  const isLines = spec.kind === "lines";
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  return {
    type: isLines ? "line" : "bar",
    data: { datasets: spec.series.map((one, at) => dataset(one, at, found, colours, isLines, spec)) },
    options: {
      animation: still ? false : { duration: 250 },
      responsive: true,
      maintainAspectRatio: false,
      normalized: true,
      parsing: false,
      interaction: { mode: "index", intersect: false },
      locale: navigator.language,
      color: colours.text,
      scales: scales(spec, found, colours),
      plugins: { legend: legend(spec, colours), tooltip: tooltip(spec) },
    },
  };
}

function dataset(one, at, found, colours, isLines, spec) {
  const colour = colours.series[at % colours.series.length];
  const values = one.values;
  const stride = Math.ceil(values.length / FEW);
  const isAlone = (index) => isMissing(values[index - 1]) && isMissing(values[index + 1]);
  const shared = {
    label: one.name,
    // A column of nothing would still be a pixel high.
    data: values.map((value, index) => ({ x: found[index], y: isLines ? value : value || null })),
    borderColor: colour,
    backgroundColor: colour,
  };
  // What stands on another column is set apart from it by more than its colour.
  const edge = { borderColor: colours.card, borderSkipped: false, borderWidth: { top: 0, right: 0, left: 0, bottom: at && spec.stacked ? 1 : 0 } };
  if (!isLines) return { ...shared, ...edge, barPercentage: 0.95, categoryPercentage: 0.95, minBarLength: 1, maxBarThickness: 72, stack: spec.stacked ? "all" : `${at}` };
  return {
    ...shared,
    borderWidth: 2,
    borderDash: DASHES[at % DASHES.length],
    pointStyle: MARKERS[at % MARKERS.length],
    pointRadius: (context) => (context.dataIndex % stride === 0 || isAlone(context.dataIndex) ? 3 : 0),
    pointHoverRadius: 5,
    spanGaps: false,
    clip: 6, // half a marker at either end
  };
}

function isMissing(value) {
  return value === null || value === undefined;
}

function scales(spec, found, colours) {
  const name = naming(spec);
  const line = { color: colours.line, drawTicks: false };
  const last = found.length ? found[found.length - 1] : 0;
  const edge = spec.kind === "lines" ? 0 : 0.6 * narrowest(found); // room for the whole of the first and the last column
  const unit = spec.series.length ? spec.series[0].unit : "";
  return {
    x: {
      type: "linear",
      min: found[0] - edge,
      max: last + edge,
      offset: false,
      stacked: true,
      grid: { display: false },
      border: { color: colours.line },
      title: { display: Boolean(axisName(spec)), text: axisName(spec), color: colours.quiet },
      afterBuildTicks: (axis) => {
        axis.ticks = ticks(found, axis.width || 600, spec.x.values.map(name));
      },
      ticks: { color: colours.quiet, autoSkip: false, maxRotation: 0, callback: (_, at, all) => all[at].label },
    },
    y: {
      beginAtZero: true,
      stacked: Boolean(spec.stacked),
      grid: line,
      border: { display: false },
      title: { display: Boolean(unit), text: unit, color: colours.quiet },
      ticks: { color: colours.quiet, maxTicksLimit: 6 },
    },
  };
}

// As many labels as fit beside each other, evenly spread.
function ticks(found, width, names) {
  const widest = Math.max(...names.map((name) => name.length), 1) * 7.5 + 20;
  const room = Math.max(1, Math.floor(width / widest));
  const stride = Math.max(1, Math.ceil(found.length / room));
  return found.map((value, at) => ({ value, label: names[at] })).filter((_, at) => at % stride === 0);
}

function legend(spec, colours) {
  return {
    display: spec.series.length > 1,
    align: "start",
    labels: { color: colours.text, usePointStyle: spec.kind === "lines", boxWidth: 14, boxHeight: spec.kind === "lines" ? 8 : 12 },
  };
}

function tooltip(spec) {
  const name = naming(spec);
  const number = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 4 });
  return {
    callbacks: {
      title: (items) => (items.length ? name(spec.x.values[items[0].dataIndex]) : ""),
      label: (item) => ` ${item.dataset.label}: ${number.format(item.parsed.y)} ${spec.series[item.datasetIndex].unit}`,
    },
  };
}

// What the style sheet says, at this moment: light or dark, on a screen or on paper.
function paint(canvas) {
  const style = getComputedStyle(canvas);
  const colour = (name) => {
    const said = style.getPropertyValue(name).trim();
    if (said.startsWith("#")) return said;
    canvas.style.color = said; // a colour of the system's, which Chart.js knows by its numbers only
    const known = style.color;
    canvas.style.color = "";
    return known;
  };
  const series = [1, 2, 3, 4, 5, 6].map((at) => colour(`--chart-${at}`));
  return { text: colour("--chart-text"), quiet: colour("--chart-quiet"), line: colour("--chart-line"), card: colour("--chart-card"), series };
}
