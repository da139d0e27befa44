// The footer: attribution, and links to the API.

import { html, type TemplateResult } from "lit-html";
import type { Shown } from "./shown";

export function drawFooter(_: Shown): TemplateResult {
  return html`<footer class="footer">
    <p>IP geolocation by <a href="https://db-ip.com" rel="noopener noreferrer" target="_blank">DB-IP</a>, licensed under
      <a href="https://creativecommons.org/licenses/by/4.0/" rel="noopener noreferrer" target="_blank">CC BY 4.0</a>.</p>
    <p><a href="api/openapi.json">API</a> · <a href="api/metrics">Definitions</a> · <a href="assets/licences.txt">Licences</a></p>
  </footer>`;
}
