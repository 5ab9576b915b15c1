// A uPlot for curves that grow: look, scales, markers. Knows the DOM, not React.
import uPlot from "uplot";
import { formatInteger, formatNumber } from "../ui/format.ts";
import { aligned, type ChartContent, type ChartMarker, type ChartSeries, leaps } from "./chart.ts";

export type PlotLook = { dark: boolean; logY: boolean; width: number; height: number; xLabel: string };

export type PlotCalls = {
  /** The row under the pointer as an x value, or null when it has left. */
  onHover: (row: number | null, data: uPlot.AlignedData) => void;
  onMarker?: (marker: ChartMarker) => void;
};

const PIXELS_PER_STRETCH = 3;

export class CurvePlot {
  private readonly plot: uPlot;
  private markers: readonly ChartMarker[] = [];
  private readonly flags: HTMLElement;

  constructor(
    target: HTMLElement,
    series: readonly ChartSeries[],
    private readonly look: PlotLook,
    private readonly calls: PlotCalls,
  ) {
    this.plot = new uPlot(this.options(series), [[]], target);
    this.flags = document.createElement("div");
    this.plot.over.append(this.flags);
  }

  /** Draws, and says whether the values span so much that only a logarithmic axis shows them. */
  draw({ series, markers = [] }: ChartContent): boolean {
    const stretches = Math.max(50, Math.round(this.plot.width / PIXELS_PER_STRETCH));
    if (markers !== this.markers) this.setMarkers(markers);
    const [x = [], ...columns] = aligned(series, stretches, uPlot.join, this.look.logY);
    this.plot.setData([x, ...columns]);
    return leaps(columns);
  }

  resize(width: number, height: number): void {
    this.plot.setSize({ width, height });
  }

  destroy(): void {
    this.plot.destroy();
  }

  private options(series: readonly ChartSeries[]): uPlot.Options {
    const { look } = this;
    const ink = look.dark ? "#a5adb8" : "#55606c";
    const grid = { stroke: look.dark ? "#33373e" : "#e3e7ec", width: 1 };
    const axis = { stroke: ink, grid, ticks: { ...grid, size: 4 }, font: "12px system-ui, sans-serif" };
    return {
      width: look.width,
      height: look.height,
      legend: { show: false },
      cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false } },
      scales: {
        x: { time: false, range: (_plot, low, high) => widened(low, high) },
        y: look.logY ? { distr: 3, range: logRange } : { range: (_plot, low, high) => padded(low, high) },
      },
      axes: [
        {
          ...axis,
          size: 34,
          label: look.xLabel,
          labelSize: 16,
          labelFont: "12px system-ui, sans-serif",
          values: (_plot, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? formatInteger(tick) : "")),
        },
        {
          ...axis,
          size: 52,
          ...(look.logY ? { splits: (_plot, _axis, low, high) => decades(low, high) } : {}),
          filter: (_plot, ticks) => ticks,
          values: (_plot, ticks) => ticks.map((tick) => (tick === null ? "" : formatNumber(tick, 2))),
        },
      ],
      series: [{}, ...series.map((one) => lineOf(one))],
      hooks: {
        setCursor: [(plot) => this.calls.onHover(plot.cursor.idx ?? null, plot.data)],
        draw: [() => this.placeMarkers()],
      },
    };
  }

  private setMarkers(markers: readonly ChartMarker[]): void {
    this.markers = markers;
    this.flags.replaceChildren(...markers.map((marker) => this.flag(marker)));
  }

  private flag(marker: ChartMarker): HTMLElement {
    const flag = document.createElement("button");
    flag.type = "button";
    flag.className = "oqu-flag";
    flag.title = marker.label;
    flag.setAttribute("aria-label", marker.label);
    if (marker.color) flag.style.setProperty("--flag", marker.color);
    flag.onclick = () => this.calls.onMarker?.(marker);
    return flag;
  }

  private placeMarkers(): void {
    const width = this.plot.over.clientWidth;
    for (const [index, marker] of this.markers.entries()) {
      const flag = this.flags.children[index];
      if (!(flag instanceof HTMLElement)) continue;
      const left = this.plot.valToPos(marker.x, "x");
      flag.style.left = `${left}px`;
      flag.style.display = left < -1 || left > width + 1 ? "none" : "";
    }
  }
}

function lineOf(series: ChartSeries): uPlot.Series {
  return {
    label: series.name,
    stroke: series.color,
    width: series.width ?? 1.75,
    dash: series.dash,
    spanGaps: true,
    points: { show: false },
  };
}

function widened(low: number | null, high: number | null): [number, number] {
  if (low === null || high === null || !Number.isFinite(low) || !Number.isFinite(high)) return [0, 10];
  return low === high ? [low, low + 1] : [low, high];
}

function padded(low: number | null, high: number | null): [number, number] {
  if (low === null || high === null || !Number.isFinite(low) || !Number.isFinite(high)) return [0, 1];
  const room = (high - low || Math.abs(high) || 1) * 0.06;
  const floor = low >= 0 && low - room < 0 ? 0 : low - room;
  return [floor, high + room];
}

const MOST_DECADES = 4;

/** Powers of ten, few enough to be read. */
function decades(low: number, high: number): number[] {
  const first = Math.ceil(Math.log10(low) - 1e-9);
  const last = Math.floor(Math.log10(high) + 1e-9);
  const step = Math.max(1, Math.ceil((last - first) / MOST_DECADES));
  const ticks: number[] = [];
  for (let power = first; power <= last; power += step) ticks.push(10 ** power);
  return ticks;
}

function logRange(_plot: uPlot, low: number | null, high: number | null): [number, number] {
  if (low === null || high === null || low <= 0 || high <= 0) return [0.01, 1];
  return low === high ? [low / 2, high * 2] : [low / 1.15, high * 1.15];
}
