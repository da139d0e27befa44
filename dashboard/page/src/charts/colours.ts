// The colours of the style sheet, for what is drawn on a canvas.

export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

export function font(): string {
  return getComputedStyle(document.body).fontFamily;
}

export function stillness(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
