/** An answer as plain text that carries its sources. */

import { pageName } from "./words.js";

/**
 * @param {any} answered views.Answered
 * @returns {string} the answer, what of it is not verified, and a numbered list of sources with quotes
 */
export function withSources(answered) {
  const parts = [answered.text.trim()];
  const doubtful = answered.claims.filter((claim) => claim.support !== "verified");
  if (doubtful.length)
    parts.push(
      [
        "Not verified:",
        ...doubtful.map((claim) => `- ${claim.text} (${claim.reason || "no source"})`)
      ].join("\n")
    );
  const lines = sources(answered);
  if (lines.length) parts.push(["Sources:", ...lines].join("\n"));
  return `${parts.join("\n\n")}\n`;
}

function sources({ citations }) {
  const byMark = new Map();
  for (const citation of citations)
    byMark.set(citation.mark, [...(byMark.get(citation.mark) ?? []), citation]);
  return [...byMark.keys()]
    .sort((one, other) => one - other)
    .map((mark) => {
      const cited = byMark.get(mark);
      const [first] = cited;
      const pages = [
        ...new Set(cited.map((citation) => pageName(citation.page_number, citation.page_label)))
      ].join(", ");
      const quotes = [...new Set(cited.map((citation) => citation.quote).filter(Boolean))];
      const title = first.title && first.title !== first.document
        ? `${first.title} (${first.document})`
        : first.document;
      const head = `[${mark}] ${[title, pages, first.label].filter(Boolean).join(", ")}`;
      return [head, ...quotes.map((quote) => `    "${quote.replace(/\s+/g, " ")}"`)].join("\n");
    });
}

/** Puts text into the clipboard, also where the page is served without TLS to another machine. */
export async function toClipboard(text) {
  if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "unseen";
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  if (!copied) throw new Error("the browser does not let this page copy");
  return undefined;
}
