// The desk: who reviews, which call, what was answered, and that it is saved.

import { byId, clock, h, toast } from "/page/dom.js";
import { listen, overlay } from "/page/keys.js";
import * as rubric from "/page/rubric.js";
import * as server from "/page/server.js";
import * as transcript from "/page/transcript.js";

const RATER = "rehearsal-rater";
const SAVE_AFTER = 350;
const SPEEDS = [1, 1.25, 1.5, 2];

const state = {
  rater: "", desk: null, index: 0, call: null, verdict: null, after: null,
  turn: 0, check: 0, scoring: false, timer: null, saving: null, loading: false, keepPlace: false, changed: 0, saved: 0, active: 0,
};

const item = () => state.desk.items[state.index];
const checks = () => state.desk.rubric.checks;
const view = () => ({ call: state.call, verdict: state.verdict, checks: checks(), act });

// ---- Start

async function start() {
  if (!server.takeKey()) return welcome("The key is missing: open the link that `rehearsal review serve` printed.", true);
  const rater = sessionStorage.getItem(RATER);
  if (!rater) return welcome("");
  await enter(rater);
}

function welcome(problem, locked) {
  byId("desk").hidden = true;
  byId("welcome").hidden = false;
  byId("welcome-problem").textContent = problem;
  byId("name").disabled = Boolean(locked);
  byId("name").focus();
}

async function enter(rater) {
  try {
    state.desk = await server.desk(rater);
    await server.session();
  } catch (error) {
    return welcome(error.message, error.status === 401);
  }
  state.rater = rater;
  sessionStorage.setItem(RATER, rater);
  byId("welcome").hidden = true;
  byId("desk").hidden = false;
  byId("batch-name").textContent = `batch ${state.desk.batch} · ${state.desk.rubric.name}`;
  const first = state.desk.items.findIndex((one) => one.state !== "done");
  const last = state.desk.items.findIndex((one) => one.item_id === sessionStorage.getItem("rehearsal-item"));
  await openCall(last >= 0 ? last : Math.max(first, 0));
  setInterval(follow, 10_000);
}

const fresh = () => ({
  item_id: item().item_id, rubric: state.desk.rubric.reference, rater: state.rater, blind: true,
  checks: {}, score: null, spans: [], na: [], labels: [], suggestions: [], seconds: 0, note: "",
});

const complete = (verdict) => ({ ...fresh(), ...verdict });

// ---- A call

async function openCall(index) {
  if (!(await flush())) return;
  const former = state.index;
  state.loading = true;
  state.index = index;
  try {
    await load(false);
    sessionStorage.setItem("rehearsal-item", item().item_id);
  } catch (error) {
    state.index = former;
    throw error;
  } finally {
    state.loading = false;
  }
}

async function load(open) {
  const call = await server.call(state.rater, item().item_id, open);
  const stored = call.mine ? complete(call.mine.verdict) : fresh();
  if (!open && !stored.blind) return load(true);
  state.call = call;
  state.verdict = stored;
  state.after = call.mine?.id ?? null;
  if (!state.keepPlace) state.turn = 0;
  state.keepPlace = false;
  state.underway = null;
  restoreUnsent();
  const next = checks().findIndex((check) => rubric.isOpen(state.verdict, check));
  state.check = Math.max(next, 0);
  openRecording();
  transcript.renderHead(state.call, state.verdict);
  transcript.render(view());
  transcript.focus(state.turn, true);
  renderSheet();
  renderDesk();
}

// Answers that this browser could not send in time are not lost with the page.
function restoreUnsent() {
  const kept = server.unsent.take(state.rater, item().item_id);
  if (!kept) return;
  // What was on its way when the page closed may have arrived; what came after it has not.
  const arrived = kept.sent && said(kept.sent) === said(state.verdict);
  if (kept.after === state.after || arrived) {
    state.underway = kept.sent ?? null;
    if (said(kept.verdict) === said(state.verdict)) return server.unsent.drop(state.rater, item().item_id);
    state.verdict = complete(kept.verdict);
    change();
  } else {
    // Somebody went on in another window.
    server.unsent.drop(state.rater, item().item_id);
  }
}

// What a verdict says, whatever the order in which it was said and however long it took.
function said(verdict) {
  const { checks: answers, score, spans, na, labels, suggestions, note, blind } = complete(verdict);
  return JSON.stringify([Object.entries(answers).sort(), score, spans, na, labels, suggestions, note, blind]);
}

// ---- Saving

function change() {
  state.changed += 1;
  const { sent } = server.unsent.take(state.rater, item().item_id) ?? {};
  server.unsent.keep(state.rater, item().item_id, { after: state.after, verdict: state.verdict, sent });
  if (item().state === "open") {
    item().state = "draft";
    renderDesk();
  }
  byId("saved").textContent = "…";
  clearTimeout(state.timer);
  state.timer = setTimeout(flush, SAVE_AFTER);
}

// Sends what is not saved yet, one after the other: each names the one that it follows.
async function flush(done = false) {
  clearTimeout(state.timer);
  while (state.saving) await state.saving;
  if (!state.verdict || (state.changed === state.saved && !done)) return true;
  state.saving = save(done);
  const well = await state.saving;
  state.saving = null;
  return well;
}

async function save(done) {
  const [changed, about] = [state.changed, item()];
  const verdict = structuredClone(state.verdict);
  // A call that was judged before stays judged while its answers change.
  const draft = !done && about.state !== "done";
  if (state.changed !== state.saved) {
    server.unsent.keep(state.rater, about.item_id, { after: state.after, verdict, sent: verdict });
  }
  try {
    const answer = await server.send(verdict, draft, state.after);
    state.after = answer.id;
    state.saved = changed;
    if (state.changed === changed) server.unsent.drop(state.rater, about.item_id);
    else server.unsent.keep(state.rater, about.item_id, { after: state.after, verdict: state.verdict });
    about.state = draft ? "draft" : "done";
    byId("saved").textContent = state.changed === changed ? "Saved" : "…";
    byId("saved").className = "";
    return true;
  } catch (error) {
    if (error.status === 409 && isOwn(error.newest)) {
      state.after = error.newest.id;
      state.underway = null;
      return save(done);
    }
    if (error.status === 409) return overtaken(about);
    byId("saved").textContent = "Not saved";
    byId("saved").className = "problem";
    toast(error.status ? error.message : "The program does not answer. Your work is kept in this browser and sent when it does.");
    if (!error.status) state.timer = setTimeout(flush, 3000);
    return false;
  }
}

// Whether it is what was on its way when the page was loaded and arrived only then.
const isOwn = (newest) => Boolean(newest && state.underway && said(newest.verdict) === said(state.underway));

// Another window of the same rater was faster; what it said is shown, nothing is mixed.
async function overtaken(about) {
  server.unsent.drop(state.rater, about.item_id);
  state.saved = state.changed;
  toast("You judged this call in another window in the meantime. This is what you said there.");
  state.keepPlace = true;
  queueMicrotask(() => load(!state.verdict.blind));
  return false;
}

async function finish() {
  if (Object.keys(state.verdict.checks).length === 0 && state.verdict.na.length === 0) return toast("Nothing is answered yet.");
  const open = checks().findIndex((check) => rubric.isOpen(state.verdict, check));
  if (open >= 0) {
    state.check = open;
    renderSheet();
    return toast("This check is open: y, n, or x where it does not apply.");
  }
  if (!(await flush(true))) return;
  const rest = state.desk.items.map((_, at) => (state.index + 1 + at) % state.desk.items.length);
  const next = rest.find((at) => state.desk.items[at].state !== "done");
  if (next === undefined) {
    renderDesk();
    renderSheet();
    return toast(`All ${state.desk.items.length} calls are judged. Thank you.`);
  }
  await openCall(next);
}

// ---- What keys and buttons do

function answer(index, value) {
  const { id } = checks()[index];
  const verdict = state.verdict;
  delete verdict.checks[id];
  verdict.na = verdict.na.filter((one) => one !== id);
  if (value === "na") verdict.na.push(id);
  else if (value) verdict.checks[id] = value === "yes";
  if (value === "na" || !value) verdict.spans = verdict.spans.filter((span) => span.check !== id);
  change();
  state.check = index;
  if (value) {
    const order = checks().map((_, at) => (index + 1 + at) % checks().length);
    state.check = order.find((at) => rubric.isOpen(verdict, checks()[at])) ?? index;
  }
  state.call.turns.forEach((_, turn) => value === "na" && transcript.refresh(view(), turn));
  renderSheet();
}

function evidence() {
  const { id } = checks()[state.check];
  const spans = state.verdict.spans;
  const at = spans.findIndex((span) => span.check === id && span.turn === state.turn);
  if (at >= 0) spans.splice(at, 1);
  else spans.push({ check: id, turn: state.turn });
  spans.sort((a, b) => a.turn - b.turn);
  change();
  transcript.refresh(view(), state.turn);
  renderSheet();
}

function goTo(turn) {
  state.turn = Math.min(Math.max(turn, 0), state.call.turns.length - 1);
  transcript.focus(state.turn);
}

function choose(index) {
  state.check = (index + checks().length) % checks().length;
  renderSheet();
}

function ownScore(points) {
  state.verdict.score = points === 0 || state.verdict.score === points ? null : points;
  change();
  renderSheet();
}

function judge(suggestion, good, edited) {
  const list = state.verdict.suggestions;
  const at = list.findIndex((one) => one.turn === suggestion.turn && one.original === suggestion.text);
  const mine = at >= 0 ? list.splice(at, 1)[0] : { turn: suggestion.turn, original: suggestion.text };
  if (edited !== undefined) mine.edited = edited && edited !== suggestion.text ? edited : undefined;
  else mine.good = mine.good === good ? undefined : good;
  if (mine.good !== undefined || mine.edited) list.push(mine);
  change();
  transcript.refresh(view(), suggestion.turn);
}

const suggested = () => (state.call.suggestions ?? []).find((one) => one.turn === state.turn);

function rewrite(suggestion) {
  const dialog = byId("rewrite");
  const mine = state.verdict.suggestions.find((one) => one.turn === suggestion.turn && one.original === suggestion.text);
  const text = h("textarea", { rows: "5", maxlength: "20000", "aria-label": "Your version" });
  text.value = mine?.edited ?? suggestion.text;
  const keep = () => { judge(suggestion, undefined, text.value.trim()); dialog.close(); };
  text.addEventListener("keydown", (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) keep(); });
  dialog.replaceChildren(h("h2", {}, "What should be said?"), text,
    h("button", { type: "button", class: "primary", onclick: keep }, "Keep ", h("kbd", {}, "Ctrl Enter")));
  dialog.showModal();
}

// Classes for the turn in focus, each with a key of its own.
function label() {
  const choices = Object.entries(state.desk.labels).flatMap(([name, labels]) => [...labels, null].map((one) => ({ name, label: one })));
  if (choices.length === 0) return toast("No extractor of this pipeline gives labels.");
  const keys = "123456789abcdefghijklmnopqrstuvwxyz";
  const dialog = byId("picker");
  const give = ({ name, label: given }) => {
    const labels = state.verdict.labels;
    const at = labels.findIndex((one) => one.turn === state.turn && one.name === name && one.label === given);
    if (at >= 0) labels.splice(at, 1);
    else {
      // "None of them" and a class exclude each other.
      state.verdict.labels = labels.filter((one) => one.turn !== state.turn || one.name !== name || (given !== null && one.label !== null));
      state.verdict.labels.push({ turn: state.turn, name, label: given });
    }
    change();
    transcript.refresh(view(), state.turn);
    dialog.close();
  };
  dialog.onkeydown = (event) => { const at = keys.indexOf(event.key); if (at >= 0 && choices[at]) { event.preventDefault(); give(choices[at]); } };
  const button = (choice, at) => h("button", { type: "button", onclick: () => give(choice) }, h("kbd", {}, keys[at] ?? ""), ` ${choice.label?.replaceAll("_", " ") ?? "none of them"}`);
  const groups = Object.keys(state.desk.labels).map((name) => h("section", {}, h("h3", {}, name),
    choices.map((choice, at) => choice.name === name && button(choice, at))));
  dialog.replaceChildren(h("h2", {}, `Turn ${state.turn} is …`), h("div", { class: "choices" }, groups));
  dialog.showModal();
}

async function blind() {
  await flush();
  // Who once saw what models say is not blind on this call any more.
  if (state.verdict.blind) {
    state.verdict.blind = false;
    change();
    await flush();
    state.keepPlace = true;
    return load(true);
  }
  const hide = state.call.findings !== null;
  state.keepPlace = true;
  const mine = state.verdict;
  state.call = { ...(hide ? { ...state.call, findings: null, suggestions: null } : await server.call(state.rater, item().item_id, true)) };
  state.verdict = mine;
  transcript.render(view());
  transcript.focus(state.turn, true);
  renderDesk();
}

// ---- The recording

const audio = byId("audio");

function openRecording() {
  byId("player").hidden = !state.call.recording;
  audio.pause();
  if (state.call.recording) audio.src = `/audio/${encodeURIComponent(state.call.item_id)}`;
  else audio.removeAttribute("src");
}

function play() {
  if (!state.call.recording) return toast("This call has no recording.");
  if (!audio.paused) return audio.pause();
  const start = state.call.turns[state.turn]?.start_ms;
  if (start !== null && start !== undefined) audio.currentTime = start / 1000;
  audio.play().catch(() => toast("This browser cannot play the recording."));
}

function speed() {
  const next = SPEEDS[(SPEEDS.indexOf(audio.playbackRate) + 1) % SPEEDS.length];
  audio.defaultPlaybackRate = audio.playbackRate = next;
  byId("speed").firstChild.textContent = `${next}× `;
}

function playing() {
  const now = audio.currentTime * 1000;
  byId("clock").textContent = clock(now);
  byId("seek").value = audio.duration ? audio.currentTime / audio.duration : 0;
  const spoken = state.call.turns.findLastIndex((turn) => turn.start_ms !== null && turn.start_ms <= now + 50);
  byId("turns").querySelector(".spoken")?.classList.remove("spoken");
  if (spoken >= 0 && !audio.paused) {
    byId("turns").children[spoken].classList.add("spoken");
    if (spoken !== state.turn) goTo(spoken);
  }
}

audio.addEventListener("timeupdate", playing);
audio.addEventListener("durationchange", () => (byId("length").textContent = clock((audio.duration || 0) * 1000)));
for (const event of ["play", "pause"]) audio.addEventListener(event, () => (byId("play").firstChild.textContent = audio.paused ? "Play " : "Stop "));
byId("seek").addEventListener("input", () => audio.duration && (audio.currentTime = byId("seek").value * audio.duration));

const seek = (seconds) => (audio.currentTime = Math.max(0, audio.currentTime + seconds));

// ---- Everything that can be done, by name

const ACTIONS = {
  nextTurn: () => goTo(state.turn + 1),
  formerTurn: () => goTo(state.turn - 1),
  tenOn: () => goTo(state.turn + 10),
  tenBack: () => goTo(state.turn - 10),
  firstTurn: () => goTo(0),
  lastTurn: () => goTo(Infinity),
  goTo,
  label,
  choose: (key) => choose(Math.min(Number(key), checks().length) - 1),
  chooseCheck: choose,
  nextCheck: () => choose(state.check + 1),
  formerCheck: () => choose(state.check - 1),
  answer,
  yes: () => answer(state.check, "yes"),
  no: () => answer(state.check, "no"),
  na: () => answer(state.check, "na"),
  clear: () => answer(state.check, null),
  evidence,
  score: () => { state.scoring = true; toast("Score: 1 to 5, or 0 for that of the checks"); },
  ownScore,
  note: () => byId("note").focus(),
  noteText: (text) => { state.verdict.note = text; change(); },
  finish,
  nextCall: () => openCall((state.index + 1) % state.desk.items.length),
  formerCall: () => openCall((state.index + state.desk.items.length - 1) % state.desk.items.length),
  blind,
  judge,
  good: () => suggested() && judge(suggested(), true),
  bad: () => suggested() && judge(suggested(), false),
  rewriteThis: rewrite,
  rewrite: () => suggested() && rewrite(suggested()),
  play,
  back: () => seek(-5),
  on: () => seek(5),
  speed,
  help: overlay,
};

function act(action, ...values) {
  if (!state.verdict) return false;
  if (state.loading) return true;
  if (state.scoring && /^[0-5]$/.test(values[0])) {
    state.scoring = false;
    byId("toast").hidden = true;
    ownScore(Number(values[0]));
    return true;
  }
  state.scoring = false;
  const work = ACTIONS[action];
  if (!work) return false;
  Promise.resolve(work(...values)).catch((error) => toast(error.message));
  return true;
}

// ---- The frame

function renderSheet() {
  rubric.render({ checks: checks(), verdict: state.verdict, selected: state.check, state: item().state, act });
}

function renderDesk() {
  const { items, raters, judged_by_two: both } = state.desk;
  const done = items.filter((one) => one.state === "done").length;
  byId("bar").style.width = `${(100 * done) / items.length}%`;
  byId("progress-text").textContent = `${done} of ${items.length}`;
  byId("progress").setAttribute("aria-valuenow", String(Math.round((100 * done) / items.length)));
  const others = raters.filter((one) => one.name !== state.rater);
  byId("raters").replaceChildren(
    ...others.map((one) => h("li", { title: `${one.name}: ${one.done} of ${items.length}` }, h("b", {}, initials(one.name)), `${one.done}`)),
    ...(others.length > 0 ? [h("li", { class: "muted", title: "Calls that two or more raters have judged" }, `${both} shared`)] : []),
  );
  const shown = state.call?.findings !== null && state.call?.findings !== undefined;
  byId("blind").setAttribute("aria-pressed", String(!shown));
  byId("blind").firstChild.textContent = shown ? "Labels shown " : "Blind ";
  byId("queue").replaceChildren(h("ol", {}, items.map((one, index) => h("li", {},
    h("button", { type: "button", tabindex: "-1", class: `item ${one.state}`, "aria-current": index === state.index && "true", onclick: () => openCall(index) },
      h("i", { class: "dot", title: one.state }),
      h("span", { class: "item-title" }, one.title),
      h("span", { class: "muted" }, one.minutes ? `${one.minutes} min` : `${one.turns} turns`))))));
  byId("queue").querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
}

const initials = (name) => name.split(/\s+/).map((part) => [...part][0]).join("").slice(0, 3).toUpperCase();

// How far the others are.
async function follow() {
  try {
    const { raters, judged_by_two } = await server.desk(state.rater);
    Object.assign(state.desk, { raters, judged_by_two });
    renderDesk();
  } catch {
    // The next save tells.
  }
}

// Time counts while somebody looks and does something at least once a minute.
setInterval(() => {
  if (state.verdict && !document.hidden && Date.now() - state.active < 60_000) state.verdict.seconds += 1;
}, 1000);
for (const event of ["keydown", "pointermove", "wheel"]) addEventListener(event, () => (state.active = Date.now()), { passive: true });
addEventListener("pagehide", () => flush());
document.addEventListener("visibilitychange", () => document.hidden && flush());

byId("name-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const name = byId("name").value.trim();
  if (name) enter(name);
});
byId("blind").addEventListener("click", () => act("blind"));
byId("help-open").addEventListener("click", overlay);
byId("play").addEventListener("click", () => act("play"));
byId("speed").addEventListener("click", () => act("speed"));
listen(act);
start();
