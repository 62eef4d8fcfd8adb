// The transcript: turns, labels at their spans, evidence, the turn in focus.

import { byId, clock, h } from "/page/dom.js";

export function renderHead(call, verdict) {
  const slices = Object.entries(call.slices).map(([name, value]) => h("span", { class: "chip" }, `${spoken(name)}: ${value}`));
  byId("call-head").replaceChildren(
    h("h1", {}, call.title),
    h("p", { class: "muted" }, `${call.turns.length} turns`, call.recording && " · recording", " · ", slices, !verdict.blind && h("span", { class: "chip warn" }, "not blind")),
  );
}

// Cuts a turn's text at the borders of its findings; the pieces lie under the names of
// all findings that cover them.
function marked(text, findings) {
  const spans = findings.filter((finding) => finding.span);
  const cuts = [...new Set([0, text.length, ...spans.flatMap((finding) => finding.span)])].sort((a, b) => a - b);
  const pieces = [];
  for (let at = 0; at + 1 < cuts.length; at++) {
    const [start, end] = [cuts[at], cuts[at + 1]];
    const over = spans.filter((finding) => finding.span[0] <= start && finding.span[1] >= end);
    const piece = text.slice(start, end);
    pieces.push(over.length === 0 ? piece : h("mark", { class: tone(over[0].name), title: over.map(nameOf).join(", ") }, piece));
  }
  return pieces;
}

const spoken = (name) => name.replaceAll("_", " ");
export const nameOf = (finding) => spoken(finding.label ? `${finding.name}: ${finding.label}` : finding.name);

// The same name has the same colour in every call.
export function tone(name) {
  let hash = 0;
  for (const character of name) hash = (hash * 31 + character.codePointAt(0)) % 6;
  return `tone-${hash}`;
}

const about = (list, turn) => (list ?? []).filter((one) => one.turn === turn);

function details(call, verdict, checks, turn, act) {
  const numberOf = (id) => checks.findIndex((check) => check.id === id) + 1;
  const evidence = about(verdict.spans, turn).map((span) =>
    h("span", { class: "chip evidence", title: checks[numberOf(span.check) - 1]?.question }, `evidence ${numberOf(span.check)}`));
  const own = about(verdict.labels, turn).map((label) =>
    h("span", { class: "chip own" }, nameOf({ ...label, label: label.label ?? "none" })));
  const found = about(call.findings, turn).map((finding) =>
    h("span", { class: `chip ${tone(finding.name)}`, title: finding.tier }, nameOf(finding), finding.confidence !== null && h("small", {}, finding.confidence.toFixed(2))));
  const suggested = about(call.suggestions, turn).map((suggestion) => {
    const mine = verdict.suggestions.find((one) => one.turn === turn && one.original === suggestion.text);
    return h("div", { class: "suggestion" },
      h("p", {}, h("b", {}, "Coach: "), mine?.edited ? [h("del", {}, suggestion.text), " ", h("ins", {}, mine.edited)] : suggestion.text),
      h("div", { class: "suggestion-keys" },
        h("button", { type: "button", tabindex: "-1", "aria-pressed": String(mine?.good === true), onclick: () => act("judge", suggestion, true) }, "Good ", h("kbd", {}, "+")),
        h("button", { type: "button", tabindex: "-1", "aria-pressed": String(mine?.good === false), onclick: () => act("judge", suggestion, false) }, "Bad ", h("kbd", {}, "-")),
        h("button", { type: "button", tabindex: "-1", onclick: () => act("rewriteThis", suggestion) }, "Rewrite ", h("kbd", {}, "w"))));
  });
  const chips = [evidence, own, found].flat();
  return [chips.length > 0 && h("div", { class: "chips" }, chips), suggested];
}

export function render({ call, verdict, checks, act }) {
  const rows = call.turns.map((turn, index) => {
    const former = call.turns[index - 1];
    const same = former && former.who === turn.who && former.side === turn.side;
    return h("li", { class: `turn ${turn.side} ${same ? "same" : ""}`, "data-turn": String(index), onclick: () => act("goTo", index) },
      h("div", { class: "margin" }, h("span", { class: "index" }, String(index)), turn.start_ms !== null && h("span", { class: "time" }, clock(turn.start_ms))),
      h("div", { class: "said" },
        !same && h("div", { class: "who" }, turn.who, turn.side !== "unknown" && turn.who !== turn.side && h("span", { class: "side" }, turn.side)),
        h("p", { class: "text" }),
        h("div", { class: "details" })));
  });
  byId("turns").replaceChildren(...rows);
  call.turns.forEach((_, index) => refresh({ call, verdict, checks, act }, index));
}

// What changes of a turn, without the rest of a long call.
export function refresh({ call, verdict, checks, act }, index) {
  const row = byId("turns").children[index];
  if (!row) return;
  row.querySelector(".text").replaceChildren(...marked(call.turns[index].text, about(call.findings, index)));
  row.querySelector(".details").replaceChildren(...details(call, verdict, checks, index, act).flat(2).filter(Boolean));
  row.classList.toggle("has-evidence", about(verdict.spans, index).length > 0);
}

export function focus(index, calm) {
  const rows = byId("turns").children;
  byId("turns").querySelector("[aria-current]")?.removeAttribute("aria-current");
  const row = rows[index];
  if (!row) return;
  row.setAttribute("aria-current", "true");
  const view = byId("call").getBoundingClientRect();
  const place = row.getBoundingClientRect();
  if (place.top < view.top + 60 || place.bottom > view.bottom - 60) {
    row.scrollIntoView({ block: "center", behavior: calm ? "auto" : "smooth" });
  }
}
