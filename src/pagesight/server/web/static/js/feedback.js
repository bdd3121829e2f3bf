/** Thumbs under an answer, with a comment for those who want to say more. */

import { read, within } from "./api.js";
import { announce, button, el, fill, icon } from "./dom.js";
import { state } from "./state.js";

/**
 * @param {any} answered views.Answered
 * @param {string[]} documents ids of those that the question was restricted to
 * @returns {HTMLElement}
 */
export function feedback(answered, documents) {
  const library = state.library;
  const place = el("div.feedback");
  const thumbs = {
    up: button("thumbUp", "Good answer", () => ask("up")),
    down: button("thumbDown", "Bad answer", () => ask("down")),
  };
  const row = el("div.row", {}, thumbs.up, thumbs.down);
  const form = el("div");

  function ask(verdict) {
    for (const [name, thumb] of Object.entries(thumbs))
      thumb.setAttribute("aria-pressed", String(name === verdict));
    const comment = el(
      "textarea",
      {
        rows: 2,
        maxlength: 2000,
        placeholder: verdict === "up" ? "What was good? (optional)" : "What is wrong? (optional)",
        "aria-label": "Comment, optional",
      },
    );
    const problem = el("p.problem-line", { role: "alert" });
    const close = () => {
      fill(form);
      for (const thumb of Object.values(thumbs)) thumb.removeAttribute("aria-pressed");
      thumbs[verdict].focus();
    };
    const submit = async () => {
      try {
        await read(
          within(library, "feedback"),
          { method: "POST", json: said(answered, documents, verdict, comment.value.trim()) },
        );
        fill(place, el("span.thanks", {}, icon("check"), "Thank you, noted"));
        announce("Thank you, noted");
      } catch (error) {
        problem.textContent = error.message;
      }
    };
    fill(
      form,
      el(
        "div.comment",
        {},
        comment,
        el(
          "div.row",
          {},
          button("", "Send", submit, { text: true, kind: "main" }),
          button("", "Cancel", close, { text: true }),
        ),
        problem,
      ),
    );
    form.firstChild.addEventListener("keydown", (event) => {
      if (event.key === "Escape") event.stopPropagation(), close();
      if (event.key === "Enter" && !event.shiftKey && event.target === comment)
        event.preventDefault(), submit();
    });
    comment.focus();
  }

  return fill(place, row, form);
}

function said(answered, documents, verdict, comment) {
  return {
    question: answered.question,
    answer: answered.text,
    verdict,
    comment,
    answerer: answered.answerer,
    citations: answered.citations,
    documents,
  };
}
