// Names from users and producers, made safe for display: invisible characters are shown as marks, and a name cannot
// change the direction of the text beside it.

import { html, type TemplateResult } from "lit-html";

/** A part of an emoji: a joiner between two pictures, or the mark behind a picture that asks for its colours. */
const PART_OF_EMOJI = String.raw`(?<=[0-9#*])\u{FE0F}(?=\u{20E3})|(?<=\p{Extended_Pictographic}\p{Emoji_Modifier}?)\u{FE0F}|(?<=\p{Extended_Pictographic}\u{FE0F}?\p{Emoji_Modifier}?)\u{200D}(?=\p{Extended_Pictographic})`;
/** Control and format characters (including direction marks), line separators, surrogates, and blank characters. */
const INVISIBLE = String.raw`[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}\u{2800}]`;
const MARKED = new RegExp(`${PART_OF_EMOJI}|(${INVISIBLE})`, "gu");

function mark(character: string): string {
  return `⟨U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}⟩`;
}

/** Return the text with a mark such as ⟨U+202E⟩ for every invisible character. */
export function visible(text: string): string {
  return text.replace(MARKED, (whole: string, invisible?: string) => (invisible === undefined ? whole : mark(invisible)));
}

/** Return the visible text in an element with its own direction. */
export function named(text: unknown): TemplateResult {
  return html`<bdi>${visible(String(text ?? ""))}</bdi>`;
}
