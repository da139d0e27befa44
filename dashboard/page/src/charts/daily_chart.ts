// Daily lines: messages above, conversations below, on one axis of days; the previous period is dashed.

import type { ECElementEvent } from "echarts/core";
import { compact, count } from "../format/numbers";
import { calendarDay } from "../format/times";
import type { Row } from "../model/types";
import { ChartElement } from "./chart_element";
import { colour, font, stillness } from "./colours";
import type { EChartsType } from "./echarts";
import { tooltip, type TooltipLine } from "./tooltip";

export interface DailyModel {
  readonly rows: readonly Row[];
  readonly before: readonly Row[];
  /** Days that the range covers only in part. */
  readonly partial: ReadonlySet<string>;
  readonly open: (row: Row, column: string) => void;
  readonly colours: number;
}

interface Line {
  readonly column: string;
  readonly title: string;
  readonly colour: string;
  readonly grid: 0 | 1;
}

export const LINES: readonly Line[] = [
  { column: "messages", title: "Messages", colour: "s1", grid: 0 },
  { column: "active_conversations", title: "Active conversations", colour: "s2", grid: 1 },
  { column: "new_conversations", title: "New conversations", colour: "s3", grid: 1 },
];
const BEFORE = "before:";

const valuesOf = (rows: readonly Row[], column: string) => rows.map((row) => Number(row[column] ?? 0));

export class DailyChart extends ChartElement<DailyModel> {
  private drawn: DailyModel | null = null;

  protected listen(chart: EChartsType): void {
    chart.on("click", (event: ECElementEvent) => this.opened(event));
    chart.getZr().on("click", (event) => this.clicked(chart, event.offsetX, event.offsetY));
  }

  protected draw(chart: EChartsType, model: DailyModel): void {
    if (this.drawn && this.drawn.rows === model.rows && this.drawn.colours === model.colours && this.drawn.before === model.before) return;
    this.drawn = model;
    chart.setOption(optionOf(model), { notMerge: true });
  }

  private opened({ seriesId, dataIndex }: ECElementEvent): void {
    const row = this.drawn?.rows[dataIndex];
    const name = LINES.find(({ column }) => column === seriesId)?.column;
    if (row && name) this.drawn?.open(row, name);
  }

  /** Open the clicked day, also beside the lines. */
  private clicked(chart: EChartsType, x: number, y: number): void {
    const grid = LINES.map((line) => line.grid).find((index) => chart.containPixel({ gridIndex: index }, [x, y]));
    if (grid === undefined) return;
    const point = chart.convertFromPixel({ gridIndex: grid }, [x, y]) as unknown as number[];
    const row = this.drawn?.rows[Math.round(point[0] ?? -1)];
    const name = LINES.find((line) => line.grid === grid)?.column;
    if (row && name) this.drawn?.open(row, name);
  }
}

function optionOf(model: DailyModel) {
  const days = model.rows.map((row) => String(row["day"]));
  return {
    animation: !stillness(),
    animationDuration: 300,
    textStyle: { fontFamily: font() },
    axisPointer: { link: [{ xAxisIndex: "all" }] },
    tooltip: { ...tooltipStyle(), trigger: "axis", formatter: (points: { dataIndex: number }[]) => dayTooltip(model, points[0]?.dataIndex ?? 0) },
    grid: [
      { left: 44, right: 24, top: 10, height: "46%", outerBoundsMode: "none" },
      { left: 44, right: 24, top: "61%", bottom: 24, outerBoundsMode: "none" },
    ],
    xAxis: [dayAxis(days, 0, false), dayAxis(days, 1, true)],
    yAxis: [countAxis(0), countAxis(1)],
    series: [...LINES.map((line) => earlier(line, model)), ...LINES.map((line) => current(line, model))],
  };
}

export function tooltipStyle() {
  return {
    appendTo: "body",
    className: "tooltip-box",
    confine: false,
    backgroundColor: colour("surface"),
    borderColor: colour("line"),
    textStyle: { color: colour("text"), fontSize: 12, fontFamily: font() },
    transitionDuration: 0.1,
  } as const;
}

function dayAxis(days: readonly string[], grid: number, labels: boolean) {
  return {
    type: "category",
    data: days,
    gridIndex: grid,
    boundaryGap: days.length === 1,
    axisLine: { lineStyle: { color: colour("line-strong") } },
    axisTick: { show: false },
    axisLabel: { show: labels, color: colour("faint"), fontSize: 11, hideOverlap: true, formatter: (day: string) => calendarDay(day) },
    axisPointer: { lineStyle: { color: colour("faint"), type: "solid" } },
  };
}

function countAxis(grid: number) {
  return {
    type: "value",
    gridIndex: grid,
    minInterval: 1,
    splitNumber: 3,
    axisLabel: { color: colour("faint"), fontSize: 11, formatter: compact },
    splitLine: { lineStyle: { color: colour("line") } },
  };
}

function current({ column, title, colour: name, grid }: Line, model: DailyModel) {
  const ink = colour(name);
  const hollow = { itemStyle: { color: colour("surface"), borderColor: ink, borderWidth: 2 }, symbolSize: 7, symbol: "circle" };
  return {
    id: column,
    name: title,
    type: "line",
    xAxisIndex: grid,
    yAxisIndex: grid,
    data: model.rows.map((row) => ({ value: Number(row[column] ?? 0), ...(model.partial.has(String(row["day"])) ? hollow : {}) })),
    lineStyle: { color: ink, width: 2 },
    itemStyle: { color: ink },
    areaStyle: grid === 0 ? { color: ink, opacity: 0.08 } : undefined,
    symbol: model.rows.length === 1 ? "circle" : "emptyCircle",
    symbolSize: model.rows.length > 45 ? 0 : 4,
    showAllSymbol: true,
    emphasis: { focus: "none" },
    z: 3,
  };
}

function earlier({ column, title, colour: name, grid }: Line, model: DailyModel) {
  return {
    id: BEFORE + column,
    name: `${title}, previous period`,
    type: "line",
    xAxisIndex: grid,
    yAxisIndex: grid,
    data: valuesOf(model.before, column).slice(0, model.rows.length),
    lineStyle: { color: colour(name), width: 1.25, type: [3, 4], opacity: 0.6 },
    symbol: "none",
    silent: true,
    z: 2,
  };
}

function dayTooltip(model: DailyModel, index: number): HTMLElement {
  const [row, before] = [model.rows[index], model.before[index]];
  const day = String(row?.["day"] ?? "");
  const lines: TooltipLine[] = LINES.map(({ column, title, colour: name }) => ({ title, value: count(Number(row?.[column] ?? 0)), colour: colour(name) }));
  const earlierLines = before ? LINES.map(({ column, title }) => ({ title: `${title}, previous period`, value: count(Number(before[column] ?? 0)) })) : [];
  const note = model.partial.has(day) ? "The range covers only part of this day." : "";
  return tooltip(day && calendarDay(day, "long"), [...lines, ...earlierLines], note);
}

customElements.define("daily-chart", DailyChart);
