// A chart element: loads ECharts, follows the element's size, draws again when its model changes.

import type { EChartsType } from "./echarts";

type Charts = typeof import("./echarts");

export abstract class ChartElement<Model> extends HTMLElement {
  protected chart: EChartsType | null = null;
  private shown: Model | null = null;
  private starting = false;
  private readonly sizes = new ResizeObserver(() => this.chart?.resize());

  set model(model: Model) {
    this.shown = model;
    if (this.chart) this.draw(this.chart, model);
    else void this.start();
  }

  connectedCallback(): void {
    void this.start();
  }

  disconnectedCallback(): void {
    this.sizes.disconnect();
    this.chart?.dispose();
    this.chart = null;
  }

  private async start(): Promise<void> {
    if (this.starting || this.chart || !this.shown || !this.isConnected) return;
    this.starting = true;
    try {
      this.begin(await this.fetched());
    } catch (error) {
      this.textContent = "The chart could not be loaded. The next refresh tries again.";
      console.error(error);
    } finally {
      this.starting = false;
    }
  }

  private async fetched(): Promise<Charts> {
    const charts = await import("./echarts");
    await this.prepare(charts);
    return charts;
  }

  private begin(charts: Charts): void {
    if (!this.isConnected || this.chart) return;
    this.textContent = "";
    this.chart = charts.init(this, null, { renderer: "canvas" });
    this.listen(this.chart);
    this.sizes.observe(this);
    if (this.shown) this.draw(this.chart, this.shown);
  }

  /** Load what the first drawing needs. */
  protected async prepare(_: Charts): Promise<void> {}

  protected abstract listen(chart: EChartsType): void;
  protected abstract draw(chart: EChartsType, model: Model): void;
}
