// Icons on a 16-pixel grid. They only decorate: the text is beside them or in the label.

import { html, svg, type TemplateResult } from "lit-html";

function icon(body: TemplateResult<2>): TemplateResult {
  return html`<svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">${body}</svg>`;
}

export const logo = html`<svg class="logo" viewBox="0 0 28 28" aria-hidden="true" focusable="false">
  <rect width="28" height="28" rx="8"></rect>
  <path d="M7 10.5c2.3-2.7 4.7-2.7 7 0s4.7 2.7 7 0"></path>
  <path d="M7 17.5c2.3-2.7 4.7-2.7 7 0s4.7 2.7 7 0"></path>
</svg>`;
export const info = icon(svg`<circle cx="8" cy="8" r="6.25"></circle><path d="M8 7.25v3.75M8 4.9v.1"></path>`);
export const download = icon(svg`<path d="M8 2.5v7.5M4.8 7 8 10.2 11.2 7M3 13.25h10"></path>`);
export const picture = icon(svg`<rect x="2" y="3" width="12" height="10" rx="1.5"></rect><path d="m2.5 11.5 3.5-3.5 2.5 2.5 2-2 3 3"></path>`);
export const table = icon(svg`<rect x="2" y="3" width="12" height="10" rx="1.5"></rect><path d="M2 6.5h12M2 9.75h12M6.5 6.5V13"></path>`);
export const close = icon(svg`<path d="m4 4 8 8M12 4l-8 8"></path>`);
export const back = icon(svg`<path d="M9.5 3.5 5 8l4.5 4.5"></path>`);
export const forward = icon(svg`<path d="M6.5 3.5 11 8l-4.5 4.5"></path>`);
export const leave = icon(svg`<path d="M6.5 2.75h-3.5v10.5h3.5M10.25 5 13.25 8l-3 3M6.25 8h7"></path>`);
export const down = icon(svg`<path d="M4 6.5 8 10.5l4-4"></path>`);
export const light = icon(svg`<circle cx="8" cy="8" r="2.75"></circle><path d="M8 1.5v1.5M8 13v1.5M1.5 8H3M13 8h1.5M3.4 3.4l1.05 1.05M11.55 11.55l1.05 1.05M3.4 12.6l1.05-1.05M11.55 4.45l1.05-1.05"></path>`);
export const dark = icon(svg`<path d="M13 9.75A5.5 5.5 0 0 1 6.25 3a5.5 5.5 0 1 0 6.75 6.75Z"></path>`);
export const calendar = icon(svg`<rect x="2.25" y="3.25" width="11.5" height="10.5" rx="1.5"></rect><path d="M2.25 6.5h11.5M5.25 1.75v3M10.75 1.75v3"></path>`);
