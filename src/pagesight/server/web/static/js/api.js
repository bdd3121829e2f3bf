/** The server's API: requests with the key, problems as errors, pictures as blob URLs. */

import { events } from "./sse.js";

const KEY = "pagesight.key";
const KEPT_PICTURES = 60;

/** What went wrong, in the server's words or in ours. */
export class Failure extends Error {
  /** @param {{title: string, detail?: string, status?: number, retryAfter?: number}} what */
  constructor({ title, detail = "", status = 0, retryAfter = 0 }) {
    super(detail || title);
    this.title = title;
    this.detail = detail;
    /** 0: there was no reply. */
    this.status = status;
    /** Seconds to wait before the next try; 0: not said. */
    this.retryAfter = retryAfter;
  }
}

/** Set by main.js: asks the person for a key and resolves once there is a new one. */
export const hooks = {
  askForKey: async (/** @type {boolean} */ _refused) => {},
  lost: (/** @type {boolean} */ _away) => {},
};

export const key = {
  get: () => sessionStorage.getItem(KEY) ?? "",
  set: (/** @type {string} */ value) => (
    value ? sessionStorage.setItem(KEY, value) : sessionStorage.removeItem(KEY)
  ),
};

function headers() {
  return key.get() ? { Authorization: `Bearer ${key.get()}` } : {};
}

/** "/api/libraries/NAME" and what follows. */
export function within(library, ...parts) {
  return ["/api/libraries", library, ...parts].map(
    (part, index) => (index ? encodeURIComponent(part) : part)
  ).join("/");
}

/**
 * A reply that is no error. Asks for a key when the server wants one, and then tries again.
 * @param {string} path
 * @param {{method?: string, json?: any, signal?: AbortSignal, accept?: string}} [options]
 * @returns {Promise<Response>}
 */
async function request(
  path,
  { method = "GET", json, signal, accept = "application/json" } = {},
) {
  for (;;) {
    const used = key.get();
    const response = await reach(path, {
      method,
      signal,
      headers: {
        Accept: accept,
        ...headers(),
        ...(json === undefined ? {} : { "Content-Type": "application/json" })
      },
      body: json === undefined ? undefined : JSON.stringify(json),
    });
    if (response.ok) return response;
    if (response.status !== 401) throw await failure(response);
    if (used === key.get()) await hooks.askForKey(used !== "");
  }
}

async function reach(path, options) {
  try {
    const response = await fetch(
      path,
      { ...options, cache: options.method === "GET" ? "default" : "no-store", credentials: "omit" },
    );
    hooks.lost(false);
    return response;
  } catch (error) {
    if (error.name === "AbortError") throw error;
    hooks.lost(true);
    throw unreachable();
  }
}

function unreachable() {
  return new Failure(
    {
      title: "No connection to the server",
      detail: "Is pagesight still running? Nothing of what you typed is lost.",
    }
  );
}

/** @param {Response} response @returns {Promise<Failure>} */
async function failure(response) {
  let problem = {};
  try {
    problem = await response.json();
  } catch {
    // Not one of our replies: a proxy's page, say.
  }
  return asFailure(problem, response.status, Number(response.headers.get("Retry-After")));
}

/** @param {any} problem of application/problem+json @returns {Failure} */
export function asFailure(problem, status = 0, retryAfter = 0) {
  return new Failure({
    title: problem.title || `The server answered ${status || "with an error"}`,
    detail: typeof problem.detail === "string" ? problem.detail : "",
    status: status || problem.status || 500,
    retryAfter: Number.isFinite(retryAfter) ? retryAfter : 0,
  });
}

/** The JSON of a reply. */
export async function read(path, options) {
  const response = await request(path, options);
  return response.status === 204 ? null : response.json();
}

/** Events of a stream; ends early, with an AbortError, when `options.signal` says so. */
export async function* stream(path, options) {
  const response = await request(path, { ...options, accept: "text/event-stream" });
  try {
    yield* events(response.body);
  } catch (error) {
    if (error.name === "AbortError" || error instanceof Failure) throw error;
    hooks.lost(true);
    throw new Failure(
      { title: "The connection broke off", detail: "The answer did not come to its end." }
    );
  }
}

/** Path -> promise of a blob URL, oldest first. */
const pictures = new Map();

/**
 * A picture as a blob URL: an <img> cannot send the key by itself.
 * @param {string} path
 * @returns {Promise<string>}
 */
export function picture(path) {
  const known = pictures.get(path);
  if (known) {
    pictures.delete(path);
    pictures.set(path, known);
    return known;
  }
  const coming = request(path, { accept: "image/png" }).then(
    async (response) => URL.createObjectURL(await response.blob())
  );
  pictures.set(path, coming);
  coming.catch(() => pictures.delete(path));
  if (pictures.size > KEPT_PICTURES) {
    const [oldest, url] = pictures.entries().next().value;
    pictures.delete(oldest);
    url.then(URL.revokeObjectURL, () => {});
  }
  return coming;
}

/**
 * Sends a file and tells how much of it has gone.
 * @param {string} path
 * @param {FormData} form
 * @param {(fraction: number) => void} gone
 * @returns {{done: Promise<any>, stop: () => void}}
 */
export function send(path, form, gone) {
  const call = new XMLHttpRequest();
  const done = new Promise((resolve, reject) => {
    call.upload.onprogress = (event) => event.lengthComputable && gone(event.loaded / event.total);
    call.onerror = () => reject(unreachable());
    call.onabort = () => reject(new DOMException("stopped", "AbortError"));
    call.onload = () => {
      let body = {};
      try {
        body = JSON.parse(call.responseText);
      } catch {
        // The status says enough.
      }
      if (call.status < 300) resolve(body);
      else reject(asFailure(body, call.status, Number(call.getResponseHeader("Retry-After"))));
    };
  });
  call.open("POST", path);
  for (const [name, value] of Object.entries(headers())) call.setRequestHeader(name, value);
  call.send(form);
  return { done, stop: () => call.abort() };
}
