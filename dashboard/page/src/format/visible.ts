// Names that people and producers chose, as they are written on the page: nothing in them is invisible, and none of
// them changes the order of what stands beside it.

import { html, type TemplateResult } from "lit-html";

/** A part of an emoji: a joiner between two pictures, or the mark behind a picture that asks for its colours. */
const PART_OF_EMOJI = String.raw`(?<=[0-9#*])\u{FE0F}(?=\u{20E3})|(?<=\p{Extended_Pictographic}\p{Emoji_Modifier}?)\u{FE0F}|(?<=\p{Extended_Pictographic}\u{FE0F}?\p{Emoji_Modifier}?)\u{200D}(?=\p{Extended_Pictographic})`;
/** Controls, formats (of direction too), separators of lines, halves of characters, and letters without a shape. */
const INVISIBLE = String.raw`[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}\u{2800}]`;
const MARKED = new RegExp(`${PART_OF_EMOJI}|(${INVISIBLE})`, "gu");

function mark(character: string): string {
  return `⟨U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}⟩`;
}

/** The text with a mark like ⟨U+202E⟩ in place of every character that would not be seen. */
export function visible(text: string): string {
  return text.replace(MARKED, (whole: string, invisible?: string) => (invisible === undefined ? whole : mark(invisible)));
}

/** The same as an element of a direction of its own. */
export function named(text: unknown): TemplateResult {
  return html`<bdi>${visible(String(text ?? ""))}</bdi>`;
}
