// The start of the page: the store asks, the views draw what it holds.

import { render } from "lit-html";
import "./charts/daily_chart";
import { shapes } from "./charts/shapes";
import "./charts/world_chart";
import { AgentSearch } from "./model/agent_search";
import { Live } from "./model/live";
import { Store } from "./model/store";
import { OpenThings } from "./panel/open_things";
import { drawPage } from "./view/page";
import { Shown } from "./view/shown";

const root = document.getElementById("page");
if (!root) throw new Error("index.html lacks #page");

const store = new Store();
const shown = new Shown(store, new OpenThings(store), new AgentSearch());
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
// Fetched while the numbers are asked for, so that the charts stand when they come; a chart that needs them asks again.
void import("./charts/echarts");
shapes().catch(() => undefined);
