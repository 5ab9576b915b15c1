// One look for every Plotly figure: the page's font, grid and ground, in light and dark.
import type { JsonObject } from "../api/schema.ts";
import { CLASS_COLORS } from "./palette.ts";

export type Figure = { data: JsonObject[]; layout: JsonObject };

export function isFigure(value: unknown): value is Figure {
  return (
    typeof value === "object" &&
    value !== null &&
    "data" in value &&
    Array.isArray(value.data) &&
    "layout" in value &&
    typeof value.layout === "object"
  );
}

export function template(dark: boolean): JsonObject {
  const ink = dark ? "#d5d9df" : "#333a42";
  const grid = dark ? "#3a3f47" : "#dfe3e8";
  const axis: JsonObject = {
    gridcolor: grid,
    linecolor: grid,
    zerolinecolor: grid,
    automargin: true,
    title: { standoff: 6 },
  };
  return {
    layout: {
      font: { family: 'system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif', size: 13, color: ink },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      colorway: [...CLASS_COLORS],
      margin: { l: 44, r: 12, t: 28, b: 36 },
      xaxis: axis,
      yaxis: axis,
      scene: { xaxis: axis, yaxis: axis, zaxis: axis },
      legend: { orientation: "h", y: 1.02, yanchor: "bottom" },
      hoverlabel: { font: { size: 13 } },
      colorscale: { sequential: dark ? SEQUENTIAL_DARK : SEQUENTIAL },
    },
  };
}

const SEQUENTIAL = [
  [0, "#f4f6f8"],
  [0.5, "#6aaedb"],
  [1, "#084a78"],
];
const SEQUENTIAL_DARK = [
  [0, "#22252a"],
  [0.5, "#1f77ad"],
  [1, "#cfe8fa"],
];

/** The figure as Python sent it, dressed for this page. Its own template gives way to the page's. */
export function dressed(figure: Figure, dark: boolean): Figure {
  const { width: _width, height: _height, template: _theirs, ...layout } = figure.layout;
  return { data: figure.data, layout: { ...layout, template: template(dark), autosize: true } };
}
