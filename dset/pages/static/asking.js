// Asking the server. Every question ends: with an answer, or with a line that says what to do.

const LONGEST = 60_000; // milliseconds

/** `status` is that of the response; 0 where none came. */
export class AskingError extends Error {
  constructor(line, status = 0) {
    super(line);
    this.status = status;
  }
}

/** The JSON at `path`; `parameters` that are empty are left out. Throws AskingError with a line for the reader. */
export async function ask(path, parameters = {}, signal = undefined) {
  const given = Object.entries(parameters).filter(([, value]) => value !== "" && value != null);
  const query = new URLSearchParams(given).toString();
  const patience = AbortSignal.timeout(LONGEST);
  let response;
  try {
    response = await fetch(query ? `${path}?${query}` : path, {
      signal: signal ? AbortSignal.any([signal, patience]) : patience,
      headers: { accept: "application/json" },
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    const isLate = patience.aborted;
    throw new AskingError(isLate
      ? "The server takes too long. Try again, or narrow the question."
      : "The server does not answer. Is `python dset_generator.py serve` still running?");
  }
  return read(response);
}

async function read(response) {
  let body;
  try {
    body = await response.json();
  } catch {
    throw new AskingError(`The server sent what cannot be read (status ${response.status}).`, response.status);
  }
  if (!response.ok) throw new AskingError(said(body, response.status), response.status);
  return body;
}

function said(body, status) {
  const detail = body?.detail;
  if (typeof detail === "string") return detail;
  if (Array.isArray(detail)) return detail.map((one) => `${(one.loc ?? []).slice(-1)}: ${one.msg}`).join("; ");
  return `The server refuses (status ${status}).`;
}
