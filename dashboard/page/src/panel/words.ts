// A text of any length as a browser can lay it out: one word of 100 kB takes Chromium seconds, in pieces it is nothing.

import { html, type TemplateResult } from "lit-html";

const LONG_WORD = /\S{300}/u;
const PIECES = /(\S{300})/gu;

/** A text of which the workers have stored a hash alone. */
const HASHED = /^hmac-sha256:[0-9a-f]{64}$/u;

/** The same text; long words are cut into elements that stand side by side, which moves no letter. */
export function words(text: string): string | readonly (string | TemplateResult)[] {
  if (HASHED.test(text)) return [html`<span class="faint">not stored, hash ${text.slice(12, 24)}…</span>`];
  if (!LONG_WORD.test(text)) return text;
  return text.split(PIECES).map((piece) => (LONG_WORD.test(piece) ? html`<span>${piece}</span>` : piece));
}
