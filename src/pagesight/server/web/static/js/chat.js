/** The conversation: questions, answers as they come, follow-ups. */

import { asFailure, Failure, stream, within } from "./api.js";
import { answer, draft } from "./answer.js";
import { Composer, question } from "./composer.js";
import { announce, button, byId, el, fill, icon } from "./dom.js";
import { openSources, openTarget } from "./evidence.js";
import { welcome } from "./welcome.js";
import { narrowing, on, state } from "./state.js";
import { scopeButton } from "./scope.js";
import { trouble } from "./trouble.js";

/** Turns that are sent along: more than any answerer reads. */
const MOST_TURNS = 12;

/** @type {Composer} */
let composer;
let log;
let again;
/** Answers of this conversation, oldest first. @type {any[]} */
let answered = [];
/** Of the answer that is being written. @type {AbortController | null} */
let running = null;

/** Builds the panel. */
export function chat() {
  log = byId("log");
  composer = new Composer({
    id: "question",
    label: "Your question",
    placeholder: "Ask about your documents",
    act: "Ask",
    actIcon: "send",
    submit: ask,
    stop,
  });
  again = button(
    "plus",
    "New conversation",
    () => begin(true),
    { text: true, kind: "quiet", properties: { hidden: true } },
  );
  fill(byId("composer"), el("div.row.above", {}, scopeButton(), again), composer.node);
  byId("ask").addEventListener("keydown", (event) => {
    if (event.key === "Escape" && running) event.preventDefault(), stop();
  });
  on("library", () => begin(false));
  on("documents", () => !log.querySelector(".turn") && fill(log, welcome()));
  begin(false);
}

/** Takes a picture that was dropped. @param {DataTransfer} data */
export function takePicture(data) {
  if (composer.picker.takeFrom(data)) composer.field.focus();
}

function begin(focus) {
  stop();
  answered = [];
  again.hidden = true;
  fill(log, welcome());
  if (focus) composer.field.focus();
}

function stop() {
  running?.abort();
}

function history() {
  return answered.slice(-MOST_TURNS).map((one) => ({
    question: one.question,
    answer: one.text,
    marks: Object.fromEntries(
      one.evidence.flatMap((piece) => piece.parts.map((part) => [part, piece.mark]))
    ),
  }));
}

/** @param {import("./composer.js").Asked} asked */
async function ask(asked) {
  if (!log.querySelector(".turn")) fill(log);
  const place = el("div.reply");
  const turn = el("article.turn", { "aria-label": "Question and answer" }, question(asked), place);
  log.append(turn);
  again.hidden = false;
  composer.clear();
  await answerInto(place, asked);
}

/** @param {HTMLElement} place @param {import("./composer.js").Asked} asked */
async function answerInto(place, asked) {
  const mine = (running = new AbortController());
  const said = {
    text: asked.text,
    image: asked.image || undefined,
    narrowing: narrowing(),
    history: history(),
    stream: true,
  };
  const coming = new Coming(place);
  composer.working = true;
  bottom();
  try {
    const one = await coming.read(
      stream(within(state.library, "ask"), { method: "POST", json: said, signal: mine.signal })
    );
    answered.push(one);
    finish(place, one, said.narrowing?.documents ?? []);
  } catch (error) {
    if (mine.signal.aborted || error.name === "AbortError") coming.stopped();
    else fill(place, trouble(error, () => !running && answerInto(place, asked)));
    bottom();
  } finally {
    if (running === mine) {
      running = null;
      composer.working = false;
    }
  }
}

/** Puts the checked answer in the place of its pieces. */
function finish(place, one, documents) {
  const node = answer(one, openTarget, { showAll: () => openSources(one), documents });
  fill(place, node);
  announce(
    [
      one.refused && "Not answered.",
      one.text.replace(/\s*\[[\d,; ]+\]/g, ""),
      node.querySelector(".verdict")?.textContent,
    ]
      .filter(Boolean)
      .join(" ")
  );
  const turn = place.parentElement;
  if (turn.offsetHeight > log.clientHeight)
    log.scrollTo({ top: turn.offsetTop - log.offsetTop - 12 });
  else bottom();
  const first = node.querySelector(".claim[data-support=verified] ~ .chip, .chip");
  if (first && window.matchMedia("(min-width: 900px)").matches) first.click();
}

function bottom() {
  log.scrollTo({ top: log.scrollHeight });
}

/** An answer while it comes. */
class Coming {
  constructor(place) {
    this.place = place;
    this.text = "";
    this.evidence = [];
    this.status = el(
      "p.status",
      {},
      el("span.pulse", { "aria-hidden": "true" }),
      el("span", {}, "Searching..."),
    );
    this.body = el("div");
    fill(place, this.status, this.body);
    announce("Searching");
  }

  /** @param {AsyncGenerator<{event: string, data: any}>} events @returns {Promise<any>} views.Answered */
  async read(events) {
    for await (const { event, data } of events) {
      if (event === "hits") this.found(data.evidence);
      else if (event === "delta") this.more(data.text);
      else if (event === "final") return data.answer;
      else if (event === "error") throw asFailure(data, data.status, data.retry_after);
    }
    throw new Failure(
      { title: "The answer broke off", detail: "The server ended it before its end." }
    );
  }

  found(evidence) {
    this.evidence = evidence;
    this.say(evidence.length ? `Reading ${evidence.length} sources...` : "Looking for more...");
  }

  more(text) {
    if (!this.text) this.say("Writing; not checked yet");
    this.text += text;
    this.drawing ??= requestAnimationFrame(() => this.draw());
  }

  draw() {
    this.drawing = undefined;
    if (!this.body.isConnected) return;
    const near = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
    fill(this.body, draft(this.text, this.evidence, openTarget));
    if (near) bottom();
  }

  say(words) {
    this.status.lastChild.textContent = words;
  }

  stopped() {
    if (this.text) fill(this.body, draft(this.text, this.evidence, openTarget));
    this.status.replaceWith(
      el(
        "p.verdict.doubtful",
        {},
        icon("stop"),
        el("strong", {}, this.text ? "Stopped. What stands here was not checked." : "Stopped."),
      )
    );
    announce("Stopped");
  }
}
