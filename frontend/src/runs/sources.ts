// The curves of a run as something a chart reads by itself.
import type { ChartContent, ChartMarker, ChartSeries, ChartSource } from "./chart.ts";
import { valuesOf } from "./columns.ts";
import type { RunSession } from "./session.ts";

export type Curve = { column: string; name: string; color: string; dash?: number[]; width?: number };

export type CurvesOptions = {
  series?: "epoch" | "step";
  /** Curves of other runs, or of the time before. */
  ghosts?: readonly ChartSeries[];
  /** The words of a finding on the curve. */
  flag?: (code: string, detail: string) => string;
};

/** Curves and findings of a run, newest numbers included. Make it once per run and choice of curves. */
export function curvesOf(
  session: RunSession,
  curves: readonly Curve[],
  options: CurvesOptions = {},
): ChartSource {
  const { series: name = "epoch", ghosts = [], flag } = options;
  let seen: unknown = null;
  let markers: ChartMarker[] = [];
  return {
    subscribe: (changed) => session.store.subscribe(changed),
    read: (): ChartContent => {
      const { state } = session.store.getState();
      const series = state.series[name];
      const x = valuesOf(series?.columns[name]);
      const drawn = curves
        .filter(({ column }) => series?.columns[column] !== undefined)
        .map(({ column, ...look }): ChartSeries => ({ ...look, x, y: valuesOf(series?.columns[column]) }));
      if (seen !== state.findings) {
        seen = state.findings;
        markers = state.findings.map((finding) => ({
          x: finding[name],
          label: flag?.(finding.code, finding.detail) ?? finding.detail,
          layer: finding.layer,
        }));
      }
      return { series: [...ghosts, ...drawn], markers };
    },
  };
}
