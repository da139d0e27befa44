// Reads colours and fonts of the style sheet for drawing on a canvas.

export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

export function font(): string {
  return getComputedStyle(document.body).fontFamily;
}

export function stillness(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
