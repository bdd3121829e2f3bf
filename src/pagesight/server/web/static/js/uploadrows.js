/** The rows of files on their way into the library. */

import { button, el, icon } from "./dom.js";
import { mayWrite } from "./state.js";

/**
 * @typedef {{name: string, state: string, pages_done: number, page_count: number, reason: string,
 *   document_id: string, findings: string[]}} FileView
 * @typedef {{id: string, state: string, created: string, error: string, files: FileView[]}} Job
 * @typedef {{file: File, library: string, state: "waiting" | "sending" | "failed",
 *   gone: number, reason: string, again: boolean, stop: () => void}} Sending `gone`: part of it that
 *   was sent; `again`: another try may help
 */

export const ENDED = ["done", "failed", "cancelled"];

/** What a state of a file is called, and its icon. */
const STATES = {
  waiting: ["Waiting to be sent", "upload"],
  sending: ["Sending", "upload"],
  queued: ["Queued", "file"],
  parsing: ["Reading pages", "book"],
  embedding: ["Embedding", "book"],
  done: ["Ready", "check"],
  skipped: ["Already in the library", "check"],
  failed: ["Failed", "alert"],
  cancelled: ["Cancelled", "stop"],
};

/** @param {string} kind a state of a file */
export const stateName = (kind) => STATES[kind]?.[0] ?? kind;

/**
 * A file that is being sent.
 * @param {Sending} sending
 * @param {(sending: Sending) => void} drop
 * @param {(sending: Sending) => void} sendAgain
 */
export function sendingRow(sending, drop, sendAgain) {
  const { name } = sending.file;
  const away = () => drop(sending);
  const fraction = sending.state === "sending" ? sending.gone : null;
  const acts =
    sending.state === "failed"
      ? [
          sending.again && button("retry", `Try ${name} again`, () => sendAgain(sending)),
          button("close", `Dismiss ${name}`, away),
        ]
      : [button("close", `Cancel ${name}`, away)];
  return el("li.job", {}, row(name, sending.state, "", fraction, [sending.reason], acts));
}

/**
 * A job, with what can be done about it.
 * @param {Job} job
 * @param {(job: Job, what: "cancel" | "retry" | "dismiss", json?: any) => void} act
 */
export function jobRow(job, act) {
  const failed = ["failed", "cancelled"].includes(job.state);
  const name = job.files.map((file) => file.name).join(", ") || "Files";
  const acts = [
    !ENDED.includes(job.state) && button(
      "close",
      `Cancel ${name}`,
      () => act(job, "cancel"),
      { properties: { disabled: job.state === "cancelling" } },
    ),
    failed && button("retry", `Try ${name} again`, () => act(job, "retry")),
    ENDED.includes(job.state) && button("close", `Dismiss ${name}`, () => act(job, "dismiss")),
  ];
  const files = job.files.length
    ? job.files
    : [{ name, state: job.state, pages_done: 0, page_count: 0, reason: "", findings: [] }];
  const parts = files.map((file, index) => {
    const known = file.state === "parsing" && file.page_count > 0;
    const said = known ? `${file.pages_done} of ${file.page_count} pages` : "";
    const read = file.state === "embedding" ? 1 : null;
    const fraction = known ? file.pages_done / file.page_count : read;
    const why = [
      file.reason,
      index === 0 && job.error !== file.reason && job.error,
      ...file.findings
    ].filter(Boolean);
    return row(file.name, file.state, said, fraction, why, index === 0 && mayWrite() ? acts : []);
  });
  if (failed && mayWrite() && job.files.some((file) => /password|encrypt/i.test(file.reason)))
    parts.push(password(job, act));
  return el("li.job", {}, parts);
}

function password(job, act) {
  const input = el(
    "input",
    {
      type: "password",
      autocomplete: "off",
      "aria-label": `Password of ${job.files[0].name}`,
      placeholder: "Password",
    },
  );
  const use = () => input.value && act(job, "retry", { password: input.value });
  input.addEventListener("keydown", (event) => event.key === "Enter" && use());
  return el(
    "div.row.password",
    {},
    input,
    button("key", "Open with this password", use, { text: true }),
  );
}

function row(name, kind, said, fraction, why, acts) {
  const [words, sign] = STATES[kind] ?? [kind, "file"];
  const bar = fraction !== null && el(
    "progress",
    { max: 1, value: fraction, "aria-label": `${words}: ${name}` },
  );
  return el(
    "div.upload",
    { data: { state: kind } },
    el("span.sign", {}, icon(sign)),
    el(
      "span.upload-body",
      {},
      el("span.name", {}, name),
      el("span.small", {}, [words, said].filter(Boolean).join(", ")),
      bar,
      why.filter(Boolean).map((line) => el("span.why", {}, line)),
    ),
    el("span.row", {}, acts),
  );
}
