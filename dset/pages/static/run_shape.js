// What the server tells of a run, with every part in its place: whatever is missing or null becomes empty, nothing else changes.

const PARTS = ["rows", "rate", "tokens", "cost"];
const LISTS = ["waiting", "endpoints", "failures", "latest", "log"];

/** The document as the page relies on it; `told` may be anything. */
export function whole(told) {
  const given = part(told), history = part(given.history);
  const made = {
    state: typeof given.state === "string" ? given.state : "",
    headline: text(given.headline),
    next: text(given.next),
    run: given.run && typeof given.run === "object" ? given.run : null,
    history: { bucket_s: history.bucket_s, points: list(history.points) },
  };
  for (const name of PARTS) made[name] = part(given[name]);
  for (const name of LISTS) made[name] = list(given[name]);
  return made;
}

function part(value) {
  return value && typeof value === "object" && !Array.isArray(value) ? value : {};
}

function list(value) {
  return Array.isArray(value) ? value.filter((one) => one != null) : [];
}

function text(value) {
  return value == null ? "" : String(value);
}
