// Figures in words, in the reader's own locale.

const counts = new Intl.NumberFormat();
const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });

/** A count, or a dash where nobody knows it. */
export function count(value) {
  return Number.isFinite(value) ? counts.format(value) : "–";
}

/** A figure with so many digits behind the point. */
export function figure(value, digits = 1) {
  if (!Number.isFinite(value)) return "–";
  return value.toLocaleString(undefined, { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** US dollars: cents, and below a cent three figures that count. */
export function usd(value) {
  if (!Number.isFinite(value)) return "unknown";
  if (value === 0) return "0 USD";
  const options = Math.abs(value) >= 1 ? { maximumFractionDigits: 2, minimumFractionDigits: 2 } : { maximumSignificantDigits: 3 };
  return `${value.toLocaleString(undefined, options)} USD`;
}

/** Seconds as a person says them. */
export function span(seconds) {
  if (!Number.isFinite(seconds)) return "–";
  if (seconds < 1) return `${seconds.toLocaleString(undefined, { maximumSignificantDigits: 1 + (seconds >= 0.1) })} s`;
  if (seconds < 10) return `${figure(seconds, 1)} s`;
  if (seconds < 90) return `${whole.format(seconds)} s`;
  if (seconds < 5400) return `${whole.format(seconds / 60)} min`;
  if (seconds < 172800) return `${figure(seconds / 3600, 1)} h`;
  return `${figure(seconds / 86400, 1)} days`;
}

/** How long something lasts so far: as `span`, without a digit that changes faster than one reads. */
export function lasting(seconds) {
  return seconds < 10 ? `${whole.format(seconds)} s` : span(seconds);
}

/** A moment in the reader's own time zone; `iso` as the files have it. */
export function moment(iso) {
  const at = new Date(iso ?? NaN);
  if (Number.isNaN(at.getTime())) return iso ? String(iso) : "–";
  return at.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
}

/** A moment as short as it can be told: of what is of today the time of day, of this year no year. */
export function clock(iso) {
  const at = new Date(iso ?? NaN), now = new Date();
  if (Number.isNaN(at.getTime())) return iso ? String(iso) : "–";
  const day = at.toDateString() === now.toDateString() ? {} : { day: "numeric", month: "short" };
  const year = at.getFullYear() === now.getFullYear() ? {} : { year: "numeric" };
  return at.toLocaleString(undefined, { ...year, ...day, hour: "numeric", minute: "2-digit" });
}

/** Bytes as a person says them. */
export function bytes(value) {
  if (!Number.isFinite(value)) return "–";
  const units = ["B", "KB", "MB", "GB", "TB"];
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${figure(value, unit && value < 10 ? 1 : 0)} ${units[unit]}`;
}
