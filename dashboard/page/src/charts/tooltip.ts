// Chart tooltips, built from text nodes so that a name is never parsed as markup.

import { visible } from "../format/visible";

export interface TooltipLine {
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

export function tooltip(heading: string, lines: readonly TooltipLine[], note = ""): HTMLElement {
  const box = element("div", "tooltip");
  box.append(element("strong", "", heading));
  for (const { title, value, colour } of lines) {
    const line = element("div", "tooltip-line");
    const dot = element("i", "");
    if (colour) dot.style.background = colour;
    line.append(dot, element("span", "", title), element("b", "", value));
    box.append(line);
  }
  if (note) box.append(element("small", "", note));
  return box;
}
