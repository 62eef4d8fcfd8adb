// What each key does: the one list that the keyboard and the overlay both follow.

import { byId, h } from "/page/dom.js";

export const KEYS = [
  ["Transcript", [
    [["j", "ArrowDown"], "next turn", "nextTurn"],
    [["k", "ArrowUp"], "former turn", "formerTurn"],
    [["J"], "ten turns on", "tenOn"],
    [["K"], "ten turns back", "tenBack"],
    [["g"], "first turn", "firstTurn"],
    [["G"], "last turn", "lastTurn"],
    [["l"], "label this turn", "label"],
  ]],
  ["Rubric", [
    [["1", "2", "3", "4", "5", "6", "7", "8", "9"], "choose a check", "choose"],
    [["c"], "next check", "nextCheck"],
    [["C"], "former check", "formerCheck"],
    [["y"], "yes, passed", "yes"],
    [["n"], "no, failed", "no"],
    [["x"], "does not apply", "na"],
    [["u"], "take the answer back", "clear"],
    [["e"], "this turn is evidence, or no longer", "evidence"],
    [["s"], "own score: s, then 1 to 5 (0: from the checks)", "score"],
    [["m"], "write a note (Esc ends)", "note"],
  ]],
  ["Calls", [
    [["Enter"], "done with this call, go to the next", "finish"],
    [["]"], "next call", "nextCall"],
    [["["], "former call", "formerCall"],
    [["b"], "blind: hide or show what models say", "blind"],
  ]],
  ["Suggestions (not blind)", [
    [["+", "="], "good suggestion", "good"],
    [["-"], "bad suggestion", "bad"],
    [["w"], "rewrite it", "rewrite"],
  ]],
  ["Recording", [
    [[" "], "play from this turn, or stop", "play"],
    [[","], "five seconds back", "back"],
    [["."], "five seconds on", "on"],
    [["v"], "speed", "speed"],
  ]],
  ["Help", [[["?"], "these keys", "help"]]],
];

const NAMES = { ArrowDown: "↓", ArrowUp: "↑", " ": "Space" };
const BY_KEY = new Map();
for (const [, lines] of KEYS) for (const [keys, , action] of lines) for (const key of keys) BY_KEY.set(key, action);

const typing = (element) => element.matches?.("input:not([type=range]), textarea, select");

// Calls `act(action, key)` for keys that mean something where nobody is typing.
export function listen(act) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (document.querySelector("dialog[open]")) return;
    if (typing(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    // A button in focus is pressed by its own keys; that of a dialog that was closed just
    // now keeps the focus for a moment and is nothing to press.
    const pressed = event.target.matches?.("button") && event.target.checkVisibility();
    if (pressed && (event.key === "Enter" || event.key === " ")) return;
    const action = act(BY_KEY.get(event.key), event.key);
    if (action) event.preventDefault();
  });
}

export function overlay() {
  const dialog = byId("help");
  const section = ([title, lines]) => h("section", {}, h("h3", {}, title), h("dl", {}, lines.map(([keys, what]) => [
    h("dt", {}, keys.length > 2 ? h("kbd", {}, `${keys[0]}–${keys.at(-1)}`) : keys.map((key) => h("kbd", {}, NAMES[key] ?? key))),
    h("dd", {}, what),
  ])));
  dialog.replaceChildren(
    h("h2", {}, "Keys"),
    h("p", { class: "muted" }, "Everything can be done without a mouse. Answers are saved as you give them."),
    h("div", { class: "keys" }, KEYS.map(section)),
    h("form", { method: "dialog" }, h("button", { class: "primary" }, "Close ", h("kbd", {}, "Esc"))),
  );
  dialog.showModal();
}
