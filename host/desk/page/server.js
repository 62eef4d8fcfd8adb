// The way to the program: every request carries the key of the link, and what could not
// be sent waits in this browser until it can.

const KEY = "rehearsal-key";

export function takeKey() {
  const key = new URLSearchParams(location.hash.slice(1)).get("key");
  if (key) {
    sessionStorage.setItem(KEY, key);
    // The link is not left lying in the address bar.
    history.replaceState(null, "", location.pathname);
  }
  return sessionStorage.getItem(KEY);
}

export class Refused extends Error {
  constructor(status, text, newest) {
    super(text);
    this.status = status;
    this.newest = newest;
  }
}

async function ask(path, options = {}) {
  const headers = { "x-rehearsal-key": sessionStorage.getItem(KEY) ?? "", ...options.headers };
  const answer = await fetch(path, { ...options, headers });
  if (answer.status === 204) return null;
  const isJson = (answer.headers.get("content-type") ?? "").startsWith("application/json");
  const body = isJson ? await answer.json() : await answer.text();
  if (!answer.ok) throw new Refused(answer.status, isJson ? "" : body, isJson ? body.newest : undefined);
  return body;
}

const query = (values) => new URLSearchParams(values).toString();

export const session = () => ask("/api/session", { method: "POST" });
export const desk = (rater) => ask(`/api/desk?${query({ rater })}`);
export const call = (rater, item, open) => ask(`/api/call?${query({ rater, item, open })}`);

export function send(verdict, draft, after) {
  return ask("/api/verdict", {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ verdict, draft, after }),
    // Sent to its end, even when the page is closed meanwhile.
    keepalive: true,
  });
}

// What was changed and is not acknowledged yet, by rater and call.
const slot = (rater, item) => `rehearsal-unsent ${rater} ${item}`;

export const unsent = {
  keep: (rater, item, value) => localStorage.setItem(slot(rater, item), JSON.stringify(value)),
  take: (rater, item) => JSON.parse(localStorage.getItem(slot(rater, item)) ?? "null"),
  drop: (rater, item) => localStorage.removeItem(slot(rater, item)),
};
