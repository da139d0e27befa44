// Splits long words: Chromium needs seconds to lay out one word of 100 kB, but not the same text in pieces.

import { html, type TemplateResult } from "lit-html";

const LONG_WORD = /\S{300}/u;
const PIECES = /(\S{300})/gu;

/** A text that the workers stored only as a hash. */
const HASHED = /^hmac-sha256:[0-9a-f]{64}$/u;

/** Return the same text with long words split into adjacent elements. */
export function longText(text: string): string | readonly (string | TemplateResult)[] {
  if (HASHED.test(text)) return [html`<span class="faint">not stored, hash ${text.slice(12, 24)}…</span>`];
  if (!LONG_WORD.test(text)) return text;
  return text.split(PIECES).map((piece) => (LONG_WORD.test(piece) ? html`<span>${piece}</span>` : piece));
}
