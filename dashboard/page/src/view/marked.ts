// Renders the catalogue's two kinds of markup, `code` and **strong**.

import { html, type TemplateResult } from "lit-html";

const MARKS = /(`[^`]+`|\*\*[^*]+\*\*)/;

function piece(text: string): TemplateResult | string {
  if (text.startsWith("`") && text.length > 1) return html`<code>${text.slice(1, -1)}</code>`;
  return text.startsWith("**") ? html`<strong>${text.slice(2, -2)}</strong>` : text;
}

export function marked(text: string): readonly (TemplateResult | string)[] {
  return text.split(MARKS).map(piece);
}
