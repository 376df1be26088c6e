// What a page shows as its address says it, so that every view can be linked, loaded again and gone back to.

/** The state in the address: a text for each of `names`, '' where it is not given, and `page`, which counts from 1. */
export function read(names) {
  const given = new URLSearchParams(location.search);
  const state = Object.fromEntries(names.map((name) => [name, given.get(name) ?? ""]));
  const page = Number(given.get("page"));
  state.page = Number.isSafeInteger(page) && page > 0 ? page : 1;
  return state;
}

/** The address of a state. */
export function link(state) {
  const said = Object.entries(state).filter(([name, value]) => value !== "" && value != null && !(name === "page" && value === 1));
  return `?${new URLSearchParams(said)}`;
}

/** Go to the address of `state` without loading; `isStep` false puts it in place of the address that is there. */
export function go(state, isStep = true, note = null) {
  const address = link(state);
  if (address === location.search) return;
  if (isStep) history.pushState(note, "", address);
  else history.replaceState(history.state, "", address);
}
