// What stands beside the pointer in a chart: elements with text, so that a name is never read as markup.

import { visible } from "../format/visible";

export interface TipLine {
  readonly title: string;
  readonly value: string;
  readonly colour?: string;
}

function element(tag: string, className: string, text = ""): HTMLElement {
  const made = document.createElement(tag);
  made.dir = "auto";
  made.className = className;
  made.textContent = visible(text);
  return made;
}

export function tip(heading: string, lines: readonly TipLine[], note = ""): HTMLElement {
  const box = element("div", "tip");
  box.append(element("strong", "", heading));
  for (const { title, value, colour } of lines) {
    const line = element("div", "tip-line");
    const dot = element("i", "");
    if (colour) dot.style.background = colour;
    line.append(dot, element("span", "", title), element("b", "", value));
    box.append(line);
  }
  if (note) box.append(element("small", "", note));
  return box;
}
