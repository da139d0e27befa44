// Starts the page: the store loads the data, the views render it.

import { render } from "lit-html";
import "./charts/daily_chart";
import { shapes } from "./charts/shapes";
import "./charts/world_chart";
import { AgentSearch } from "./model/agent_search";
import { Live } from "./model/live";
import { Store } from "./model/store";
import { PanelRouter } from "./panel/panel_router";
import { drawPage } from "./view/page";
import { Shown } from "./view/shown";

const root = document.getElementById("page");
if (!root) throw new Error("index.html lacks #page");

const store = new Store();
const shown = new Shown(store, new PanelRouter(store), new AgentSearch());
let frame: number | null = null;

function draw(target: HTMLElement): void {
  frame = null;
  if (target.classList.contains("starting")) {
    target.classList.remove("starting");
    target.replaceChildren();
  }
  render(drawPage(shown), target);
  shown.drawn();
}

function drawSoon(): void {
  if (frame === null) frame = requestAnimationFrame(() => draw(root as HTMLElement));
}

shown.addEventListener("change", drawSoon);
new Live(store);
void store.reload();
drawSoon();
// Loaded in parallel with the data. A chart loads them again if this fails.
void import("./charts/echarts");
shapes().catch(() => undefined);
