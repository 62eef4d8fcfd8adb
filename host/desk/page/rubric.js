// The rubric of the call: binary checks with blockers, the score that follows, the note.

import { byId, h } from "/page/dom.js";

// As the program derives it: 1 + 4 · passed / answered, at most 2 where a blocker fails.
export function scoreOf(checks, answers) {
  const answered = checks.filter((check) => check.id in answers);
  if (answered.length === 0) return null;
  const passed = answered.filter((check) => answers[check.id]).length;
  const points = Math.round(1 + (4 * passed) / answered.length);
  const blocked = answered.some((check) => check.blocker && !answers[check.id]);
  return blocked ? Math.min(points, 2) : points;
}

export const isOpen = (verdict, check) => !(check.id in verdict.checks) && !verdict.na.includes(check.id);

const ANSWERS = [["yes", "Yes", "y"], ["no", "No", "n"], ["na", "N/A", "x"]];

function answerOf(verdict, check) {
  if (verdict.na.includes(check.id)) return "na";
  if (!(check.id in verdict.checks)) return null;
  return verdict.checks[check.id] ? "yes" : "no";
}

export function render({ checks, verdict, selected, state, act }) {
  const evidence = (check) => verdict.spans.filter((span) => span.check === check.id);
  const row = (check, index) => {
    const answer = answerOf(verdict, check);
    return h("li", { class: `check ${index === selected ? "selected" : ""} ${answer ?? "unanswered"}`, "data-check": check.id, onclick: () => act("chooseCheck", index) },
      h("span", { class: "number" }, String(index + 1)),
      h("div", { class: "question" },
        h("p", {}, check.blocker && h("span", { class: "blocker", title: "Failing it caps the score at 2" }, "blocker"), check.question),
        h("div", { class: "answers", role: "group", "aria-label": check.question }, ANSWERS.map(([value, text, key]) =>
          h("button", {
            type: "button", class: value, tabindex: "-1", "aria-pressed": String(answer === value), title: `${text} (${key})`,
            onclick: (event) => { event.stopPropagation(); act("answer", index, value); },
          }, text))),
        evidence(check).length > 0 && h("div", { class: "evidence" }, "turns ", evidence(check).map((span) =>
          h("button", { type: "button", tabindex: "-1", class: "turn-link", onclick: (event) => { event.stopPropagation(); act("goTo", span.turn); } }, String(span.turn)))),
      ));
  };
  const derived = scoreOf(checks, verdict.checks);
  const score = verdict.score ?? derived;
  const failed = checks.filter((check) => check.blocker && verdict.checks[check.id] === false);
  const open = checks.filter((check) => isOpen(verdict, check)).length;
  const note = h("textarea", { id: "note", rows: "3", maxlength: "20000", placeholder: "Note (m)", "aria-label": "Note", oninput: (event) => act("noteText", event.target.value) });
  note.value = verdict.note;
  const place = byId("checks")?.scrollTop ?? 0;
  byId("sheet").replaceChildren(
    h("div", { class: "sheet-head" },
      h("h2", {}, "Rubric"),
      h("span", { class: "muted" }, open === 0 ? "all answered" : `${open} open`)),
    h("ol", { id: "checks" }, checks.map(row)),
    h("div", { class: "score" },
      h("span", { class: "muted" }, verdict.score === null ? "Score" : "Your score"),
      h("span", { class: "points", "aria-label": score === null ? "no score yet" : `${score} of 5` }, [1, 2, 3, 4, 5].map((n) =>
        h("button", { type: "button", tabindex: "-1", class: score !== null && n <= score ? "on" : "", title: `Score ${n} (s, then ${n})`, onclick: () => act("ownScore", n) }, String(n)))),
      failed.length > 0 && h("span", { class: "capped" }, "a blocker failed")),
    note,
    h("button", { type: "button", class: "primary", id: "finish", onclick: () => act("finish") },
      state === "done" ? "Done · next call " : "Done, next call ", h("kbd", {}, "Enter")),
  );
  byId("checks").scrollTop = place;
  byId("sheet").querySelector(".selected")?.scrollIntoView({ block: "nearest" });
}
