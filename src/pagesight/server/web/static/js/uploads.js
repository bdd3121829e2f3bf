/** Files on their way into the library: sent, queued, read, failed and why. */

import { Failure, read, send, stream, within } from "./api.js";
import { announce, button, fill } from "./dom.js";
import { mayWrite, on, state } from "./state.js";
import { ENDED, jobRow, sendingRow, stateName } from "./uploadrows.js";

/**
 * @typedef {import("./uploadrows.js").Job} Job
 * @typedef {import("./uploadrows.js").Sending} Sending
 */

const PAUSE = 3000;

let list;
let clear;
/** @type {Sending[]} */
let sendings = [];
/** Jobs to show, newest first. @type {Job[]} */
let jobs = [];
/** Ids of jobs that this page saw at work: they stay until they are dismissed. */
const seen = new Set();
/** Ends the watch over the jobs of a library. @type {AbortController | null} */
let watch = null;
let ready = async () => {};
/**
 * The rows, so that what is focused is not replaced while it is looked at.
 * @type {Map<string, {key: string, node: HTMLElement}>}
 */
let rows = new Map();

/** @param {HTMLElement} place @param {() => Promise<void>} stored called when documents have come */
export function uploads(place, stored) {
  list = place;
  clear = button(
    "check",
    "Dismiss what has ended",
    dismissEnded,
    { text: true, kind: "quiet", properties: { hidden: true } },
  );
  list.after(clear);
  ready = stored;
  on("library", () => {
    watch?.abort();
    watch = null;
    jobs = [];
    seen.clear();
    show();
    if (state.library) follow();
  });
}

/** @param {FileList | File[]} files */
export function add(files) {
  const { limits: { upload_mb: most }, suffixes } = state.info;
  const isTaken = (/** @type {File} */ file) =>
    file.type === "application/pdf" ||
    suffixes.some((suffix) => file.name.toLowerCase().endsWith(suffix));
  for (const file of files) {
    const sending = {
      file,
      library: state.library,
      state: "waiting",
      gone: 0,
      reason: "",
      again: false,
      stop: () => {},
    };
    if (!isTaken(file))
      Object.assign(
        sending,
        {
          state: "failed",
          reason: `Not a document that can be read. These can: ${suffixes.join(" ")}`,
        },
      );
    else if (file.size > most * 2 ** 20)
      Object.assign(
        sending,
        { state: "failed", reason: `Larger than ${most} MB, the most that this server takes.` },
      );
    sendings.unshift(sending);
  }
  show();
  sendNext();
}

/** Sends one file after the other. */
async function sendNext() {
  const sending = sendings.findLast((one) => one.state === "waiting");
  if (!sending || sendings.some((one) => one.state === "sending")) return;
  const form = new FormData();
  form.append("file", sending.file);
  const { done, stop } = send(within(sending.library, "documents"), form, (fraction) => {
    sending.gone = fraction;
    show();
  });
  Object.assign(sending, { state: "sending", stop });
  show();
  try {
    const job = await done;
    sendings = sendings.filter((one) => one !== sending);
    if (sending.library === state.library) keep(job);
    follow();
  } catch (error) {
    if (error.name === "AbortError") sendings = sendings.filter((one) => one !== sending);
    else {
      Object.assign(
        sending,
        {
          state: "failed",
          reason: error.message,
          again: !error.status || error.status === 429 || error.status >= 500,
        },
      );
      announce(`${sending.file.name}: failed. ${error.message}`);
    }
  }
  show();
  sendNext();
}

/** @param {Job} job */
function keep(job) {
  if (!ENDED.includes(job.state)) seen.add(job.id);
  const before = jobs.find((one) => one.id === job.id);
  jobs = before ? jobs.map((one) => (one === before ? job : one)) : [job, ...jobs];
  if (before && before.state !== job.state && ENDED.includes(job.state)) ended(job);
  show();
}

function ended(job) {
  for (const file of job.files) announce(`${file.name}: ${stateName(file.state)}. ${file.reason}`);
  if (job.files.some((file) => file.document_id)) ready();
}

/** Follows the jobs of the library until all have ended: they run one by one, so does this. */
async function follow() {
  if (watch) return;
  const mine = (watch = new AbortController());
  try {
    while (!mine.signal.aborted) {
      await refresh(mine.signal);
      const next = jobs.findLast(
        (job) => ["running", "cancelling"].includes(job.state)
      ) ?? jobs.findLast((job) => job.state === "queued");
      if (!next) break;
      await followOne(next.id, mine.signal);
    }
  } catch (error) {
    if (error.name !== "AbortError")
      setTimeout(() => watch === mine && ((watch = null), follow()), PAUSE);
    else if (watch === mine) watch = null;
    return;
  }
  if (watch === mine) watch = null;
}

async function refresh(signal) {
  const known = new Set(jobs.map((job) => job.id));
  const all = await read(within(state.library, "jobs"), { signal });
  if (signal.aborted) return;
  for (const job of all) if (!ENDED.includes(job.state)) seen.add(job.id);
  const before = new Map(jobs.map((job) => [job.id, job]));
  const since = jobs.filter((job) => !known.has(job.id) && !all.some((one) => one.id === job.id));
  jobs = [...since, ...all.filter((job) => seen.has(job.id) || job.state === "failed")];
  for (const job of jobs)
    if (before.has(job.id) && before.get(job.id).state !== job.state && ENDED.includes(job.state))
      ended(job);
  show();
}

async function followOne(id, signal) {
  try {
    for await (
      const { event, data } of stream(within(state.library, "jobs", id, "events"), { signal })
    ) {
      if (signal.aborted) return;
      if (event === "job") keep(data);
    }
  } catch (error) {
    if (error.name === "AbortError") throw error;
    if (!(error instanceof Failure) || error.status !== 404)
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}

/** @param {Job} job @param {"cancel" | "retry" | "dismiss"} what @param {any} [json] */
async function act(job, what, json) {
  try {
    if (what === "dismiss") {
      await read(within(state.library, "jobs", job.id), { method: "DELETE" });
      jobs = jobs.filter((one) => one.id !== job.id);
      show();
      return;
    }
    keep(
      await read(within(state.library, "jobs", job.id, what), { method: "POST", json: json ?? {} })
    );
    follow();
  } catch (error) {
    if (error.status === 404) jobs = jobs.filter((one) => one.id !== job.id);
    else keep({ ...job, error: error.message });
    show();
  }
}

/** Takes away all rows that need no more looking at. */
function dismissEnded() {
  sendings = sendings.filter((sending) => sending.state !== "failed");
  for (const job of jobs.filter((one) => ENDED.includes(one.state))) act(job, "dismiss");
  show();
}

function show() {
  const sent = sendings.map(
    (sending, index) => [
      `sending ${sending.file.name} ${index}`,
      sending.state + sending.reason + Math.round(sending.gone * 50),
      () => sendingRow(sending, drop, sendAgain),
    ]
  );
  const worked = jobs.map((job) => [job.id, JSON.stringify(job), () => jobRow(job, act)]);
  const kept = new Map();
  const nodes = [...sent, ...worked].map(([id, key, make]) => {
    const known = rows.get(id);
    const row = known?.key === key ? known : { key, node: make() };
    const focused = known && known !== row && known.node.contains(document.activeElement)
      ? document.activeElement.getAttribute("aria-label")
      : "";
    kept.set(id, { ...row, focused });
    return row.node;
  });
  rows = kept;
  const same = nodes.every((node, index) => list.children[index] === node);
  if (!same || nodes.length !== list.children.length) fill(list, nodes);
  for (const { node, focused } of kept.values()) if (focused) named(node, focused)?.focus();
  list.hidden = !nodes.length;
  clear.hidden = !mayWrite() || endedCount() < 2;
}

const named = (node, label) =>
  [...node.querySelectorAll("button")].find((one) => one.getAttribute("aria-label") === label);

const endedCount = () =>
  sendings.filter((one) => one.state === "failed").length +
  jobs.filter((job) => ENDED.includes(job.state)).length;

/** Takes a file back that is not in the library yet. @param {Sending} sending */
function drop(sending) {
  sending.stop();
  sendings = sendings.filter((one) => one !== sending);
  show();
}

/** @param {Sending} sending */
function sendAgain(sending) {
  Object.assign(sending, { state: "waiting", reason: "", gone: 0 });
  show();
  sendNext();
}
