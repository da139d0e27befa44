// The parts of ECharts that the page uses; the bundle has no others.

import { LineChart, MapChart, ScatterChart } from "echarts/charts";
import { AxisPointerComponent, GeoComponent, GridComponent, TooltipComponent } from "echarts/components";
import { init, registerMap, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

use([LineChart, MapChart, ScatterChart, AxisPointerComponent, GeoComponent, GridComponent, TooltipComponent, CanvasRenderer]);

export { init, registerMap };
export type { EChartsType } from "echarts/core";
