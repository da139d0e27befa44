// The world in an equal-area projection, darker with more conversations; a chosen country shows its places.

import { geoEqualEarthRaw } from "d3-geo";
import type { ECElementEvent } from "echarts/core";
import { count } from "../format/numbers";
import * as names from "../format/names";
import { ChartElement } from "./chart_element";
import { colour, font, stillness } from "./colours";
import { tooltipStyle } from "./daily_chart";
import type { EChartsType } from "./echarts";
import { areaOf, around, joined, shapes, type Box, type Shapes } from "./shapes";
import { tooltip } from "./tooltip";

export interface Place {
  readonly name: string;
  readonly country: string;
  readonly at: readonly [longitude: number, latitude: number];
  readonly conversations: number;
  readonly open: () => void;
}

export interface WorldModel {
  readonly countries: ReadonlyMap<string, number>;
  readonly places: readonly Place[];
  readonly country: string;
  readonly choose: (country: string) => void;
  readonly colours: number;
}

const LEVELS = 7;
const RADIAN = Math.PI / 180;
/** Square degrees below which a country is drawn as a dot, so that it can be seen and clicked. */
const SMALL = 3;
const WORLD: Box = [-170, -56, 180, 80];
const MARGIN_DEGREES = 1.5;
const projection = {
  project: ([x = 0, y = 0]: number[]) => flipped(geoEqualEarthRaw(x * RADIAN, y * RADIAN)),
  unproject: ([x = 0, y = 0]: number[]) => geoEqualEarthRaw.invert?.(x, -y).map((angle) => angle / RADIAN) ?? [0, 0],
};

function flipped([x, y]: [number, number]): number[] {
  return [x, -y];
}

export class WorldChart extends ChartElement<WorldModel> {
  private world: Shapes | null = null;
  private drawn: WorldModel | null = null;

  protected override async prepare(charts: typeof import("./echarts")): Promise<void> {
    this.world = await shapes();
    charts.registerMap("world", this.world.geoJson as never);
  }

  protected listen(chart: EChartsType): void {
    chart.on("click", (event: ECElementEvent) => {
      if (event.componentType === "series") (event.data as { place: Place }).place.open();
      else if (this.drawn?.countries.has(event.name)) this.drawn.choose(event.name);
    });
  }

  protected draw(chart: EChartsType, model: WorldModel): void {
    if (this.drawn && same(this.drawn, model)) return;
    this.drawn = model;
    if (this.world) chart.setOption(optionOf(model, this.world), { notMerge: true });
  }
}

function same(first: WorldModel, second: WorldModel): boolean {
  const seen = ({ countries, country, colours, places }: WorldModel) =>
    JSON.stringify([[...countries], country, colours, places.map(({ at, conversations }) => [at, conversations])]);
  return seen(first) === seen(second);
}

/** Return 0 for zero, else a step on a logarithmic scale, because a few countries have most conversations. */
function level(conversations: number, most: number): number {
  if (!conversations) return 0;
  return Math.max(1, Math.ceil((Math.log1p(conversations) / Math.log1p(most)) * LEVELS));
}

function optionOf(model: WorldModel, world: Shapes) {
  const most = Math.max(1, ...model.countries.values());
  return {
    animation: !stillness(),
    animationDuration: 250,
    textStyle: { fontFamily: font() },
    tooltip: { ...tooltipStyle(), trigger: "item" },
    geo: {
      map: "world",
      roam: false,
      projection,
      boundingCoords: cornersOf(model.country ? boxOf(model, world) : WORLD),
      ...{ left: 4, right: 4, top: 4, bottom: 4 },
      itemStyle: { areaColor: colour("land"), borderColor: colour("surface"), borderWidth: 0.6 },
      emphasis: { label: { show: false }, itemStyle: { areaColor: colour("land-over") } },
      select: { disabled: true },
      regions: [...model.countries].map(([code, number]) => region(code, number, most, model.country)),
      tooltip: { formatter: ({ name }: { name: string }) => countryTooltip(name, model.countries) },
    },
    series: [dots(model, world)],
  };
}

function region(code: string, conversations: number, most: number, chosen: string) {
  const areaColor = colour(`heat-${level(conversations, most)}`);
  const border = code === chosen ? { borderColor: colour("accent"), borderWidth: 1.5 } : {};
  const dimmed = chosen && code !== chosen ? { opacity: 0.45 } : {};
  const itemStyle = { areaColor: code === chosen ? colour("heat-2") : areaColor, ...border, ...dimmed };
  return { name: code, itemStyle, emphasis: { itemStyle: { ...itemStyle, borderColor: colour("accent"), borderWidth: 1.5 } } };
}

function cornersOf([west, south, east, north]: Box): [[number, number], [number, number]] {
  return [[west, north], [east, south]];
}

/** Return the bounding box of the country's largest part and all its places, with a margin. */
function boxOf(model: WorldModel, world: Shapes): Box {
  const points = model.places.map(({ at }) => at);
  const shape = world.boxes.get(model.country);
  const boxes = [...(shape ? [shape] : []), ...(points.length ? [around(points)] : [])];
  const [west, south, east, north] = boxes.length ? boxes.reduce(joined) : WORLD;
  return [west - MARGIN_DEGREES, Math.max(south - MARGIN_DEGREES, -85), east + MARGIN_DEGREES, Math.min(north + MARGIN_DEGREES, 85)];
}

function dots(model: WorldModel, world: Shapes) {
  const shown = model.country ? model.places : model.places.filter(({ country }) => isSmall(country, world));
  const most = Math.max(1, ...shown.map(({ conversations }) => conversations));
  return {
    type: "scatter",
    coordinateSystem: "geo",
    data: shown.map((place) => ({ value: [...place.at, place.conversations], place, symbolSize: sizeOf(place, most, model.country) })),
    itemStyle: { color: colour("accent"), opacity: 0.75, borderColor: colour("surface"), borderWidth: 1 },
    emphasis: { scale: 1.2, itemStyle: { opacity: 1 } },
    tooltip: { formatter: ({ data }: { data: { place: Place } }) => tooltip(data.place.name, [conversationsOf(data.place.conversations)]) },
  };
}

function isSmall(country: string, world: Shapes): boolean {
  const box = world.boxes.get(country);
  return !box || areaOf(box) < SMALL;
}

function sizeOf({ conversations }: Place, most: number, country: string): number {
  return country ? 7 + 19 * Math.sqrt(conversations / most) : 7;
}

function conversationsOf(number: number) {
  return { title: "Conversations", value: count(number), colour: colour("accent") };
}

function countryTooltip(code: string, countries: ReadonlyMap<string, number>): HTMLElement | string {
  return code ? tooltip(names.country(code), [conversationsOf(countries.get(code) ?? 0)]) : "";
}

customElements.define("world-chart", WorldChart);
