// A probe's figure. plotly.js arrives as its own chunk, the first time a figure is shown.
import { useComputedColorScheme } from "@mantine/core";
import type { Data, Layout } from "plotly.js";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { ErrorNote } from "./ErrorNote.tsx";
import { dressed, isFigure } from "./figures.ts";
import { Loading } from "./Loading.tsx";

type Props = {
  /** Plain JSON as a probe answers it. */
  figure: unknown;
  height?: number | string;
  /** One sentence that says what the figure shows. */
  label: string;
};

export function PlotlyFigure({ figure, height = 320, label }: Props) {
  const { t } = useTranslation();
  const dark = useComputedColorScheme("light") === "dark";
  const element = useRef<HTMLDivElement>(null);
  const [ready, setReady] = useState(false);
  const [failed, setFailed] = useState<unknown>(null);

  useEffect(() => {
    let gone = false;
    void (async () => {
      try {
        const { Plotly } = await import("./plotly.ts");
        if (gone || element.current === null || !isFigure(figure)) return;
        const { data, layout } = dressed(figure, dark);
        await Plotly.react(element.current, data as Data[], layout as Partial<Layout>, {
          displaylogo: false,
          responsive: true,
        });
        if (!gone) setReady(true);
      } catch (thrown) {
        if (!gone) setFailed(thrown);
      }
    })();
    return () => {
      gone = true;
    };
  }, [figure, dark]);

  useEffect(() => {
    const node = element.current;
    return () => {
      if (node !== null) void import("./plotly.ts").then(({ Plotly }) => Plotly.purge(node));
    };
  }, []);

  if (failed !== null) return <ErrorNote problem={failed} compact />;
  return (
    <div style={{ position: "relative", height }} role="img" aria-label={label}>
      {!ready && <Loading text={t("common.chart_loading")} />}
      <div ref={element} style={{ position: "absolute", inset: 0 }} />
    </div>
  );
}
