// The heart of the page: the experiment, the network, the output and the curves on one screen.
import { ActionIcon, SegmentedControl, Tabs, Text, Tooltip } from "@mantine/core";
import {
  IconArrowBackUp,
  IconArrowForwardUp,
  IconBraces,
  IconCopy,
  IconLayoutSidebarLeftCollapse,
  IconLayoutSidebarLeftExpand,
  IconLink,
  IconSettings,
  IconSitemap,
} from "@tabler/icons-react";
import { type KeyboardEvent, type ReactNode, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useParams } from "react-router";
import { useCatalog } from "../api/queries.ts";
import {
  type CatalogEntry,
  ENDED,
  type ExperimentDocument,
  type Json,
  type KindDocument,
  type Problem,
} from "../api/schema.ts";
import { Canvas } from "../editor/Canvas.tsx";
import { networkFacts } from "../editor/facts.ts";
import { Palette } from "../editor/Palette.tsx";
import { useCheck } from "../editor/useCheck.ts";
import { type Layer, layersOf, rolesOf } from "../network/document.ts";
import { idsOf, isSource } from "../network/graph.ts";
import { type Direction, OUTPUT } from "../network/layout.ts";
import { encode } from "../network/link.ts";
import { paste } from "../network/paste.ts";
import { print } from "../network/text.ts";
import { unsquashed } from "../network/unsquash.ts";
import { useRun } from "../runs/useRun.ts";
import { blank } from "../schema-form/schema.ts";
import { ErrorNote } from "../ui/ErrorNote.tsx";
import { formatCompact, formatInteger } from "../ui/format.ts";
import { Loading } from "../ui/Loading.tsx";
import { later } from "../ui/later.ts";
import { notify } from "../ui/notify.ts";
import { hintOf, sentenceOf } from "../ui/problems.ts";
import { Bar } from "./Bar.tsx";
import { DataPanel } from "./DataPanel.tsx";
import { type Section, type Selection, useDraft } from "./draft.ts";
import { suited } from "./losses.ts";
import { Notice } from "./Notice.tsx";
import { paceIn } from "./pace.ts";
import { useControls } from "./useControls.ts";
import { useExperiment } from "./useExperiment.ts";
import { usePreview } from "./usePreview.ts";
import { type Training, useTraining } from "./useTraining.ts";
import { Views } from "./Views.tsx";
import "./workbench.css";

const Inspector = later(async () => (await import("../editor/Inspector.tsx")).Inspector);
const TextView = later(async () => (await import("../editor/TextView.tsx")).TextView);
const Use = later(async () => (await import("../use/Use.tsx")).Use);

export function Workbench() {
  const { id } = useParams();
  const { problem, again } = useExperiment(id ?? null);
  const document = useDraft((draft) => draft.document);
  const { t } = useTranslation();
  if (problem !== null) {
    return (
      <div className="oqu-content">
        <ErrorNote problem={problem} retry={again} />
      </div>
    );
  }
  if (document === null) return <Loading text={t("workbench.opening")} />;
  return <Bench document={document} />;
}

const DIRECTIONS = ["auto", "across", "down"] as const;

function Bench({ document }: { document: ExperimentDocument }) {
  const { t } = useTranslation();
  const { data: catalog } = useCatalog();
  const { role, selection: chosen, opened, bound, previous, history, select, setRole } = useDraft();
  const session = useRun(bound?.id ?? null);
  useControls(session);
  const checked = useCheck(document);
  const preview = usePreview(document);
  const [folded, setFolded] = useState(false);
  const [asText, setAsText] = useState(false);
  const [direction, setDirection] = useState<(typeof DIRECTIONS)[number]>("auto");
  const [tab, setTab] = useState<"learn" | "use">("learn");

  const check = checked.answer;
  const info = check?.data ?? preview?.info ?? null;
  const pace = paceIn(document, info);
  const training = useTraining(session, pace);
  const uncovering = (action: () => void) => () => {
    if (bound === null) select(null); // what learns is to be seen
    action();
  };
  const seen: Training = {
    ...training,
    train: uncovering(training.train),
    step: uncovering(training.step),
    epoch: uncovering(training.epoch),
  };
  const facts = useMemo(() => networkFacts(document, role, catalog, check), [document, role, catalog, check]);
  const layers = layersOf(document, role);
  const selection = stillThere(chosen, layers) ? chosen : null;
  const freed = useMemo(() => unsquashed(layersOf(document, role)), [document, role]);
  const over = ENDED.includes(training.status as (typeof ENDED)[number]);
  const first = checked.document === document ? check?.errors[0] : undefined;
  const blocked = first ? `${sentenceOf(first)} ${hintOf(first)}`.trim() : null;
  const { change } = training;
  const layerId = selection?.kind === "layer" ? selection.id : null;

  const entryOf = (type: string) => catalog?.layers.find((entry) => entry.type === type);
  const layerOf = (type: string): Layer | null => {
    const entry = entryOf(type);
    return entry ? newLayer(entry) : null;
  };
  const add = (entry: CatalogEntry) =>
    change({ kind: "add", role, layer: newLayer(entry), after: placeFor(layers, layerId) });
  const selectNode = (node: string | null) => select(selectionOf(node, role));
  const showLayer = (layer: string) => {
    setTab("learn");
    select({ kind: "layer", role, id: layer });
  };

  function setData(data: KindDocument) {
    const loss = catalog ? suited(catalog, document, data, preview) : null;
    const next: ExperimentDocument = { ...document, data };
    change({
      kind: "set",
      path: [],
      value: (loss ? { ...next, learner: { ...next.learner, loss } } : next) as unknown as Json,
    });
  }

  function showProblem({ where: { path, layer } }: Problem) {
    setTab("learn");
    const at =
      path[0] === "networks" && typeof path[3] === "number"
        ? idsOf(layersOf(document, String(path[1])))[path[3]]
        : layer;
    if (at) select({ kind: "layer", role: String(path[1] ?? role), id: at });
    else select({ kind: "section", section: sectionOf(path[0]) });
  }

  function pasted(text: string) {
    const read = paste(text);
    if (read.kind === "document")
      return change({ kind: "set", path: [], value: read.document as unknown as Json });
    if (read.kind === "nothing") return void notify({ color: "red", message: t("editor.paste_failed") });
    for (const layer of read.layers) {
      const after = useDraft.getState().selection;
      change({ kind: "add", role, layer, after: after?.kind === "layer" ? after.id : null });
    }
  }

  async function copy(text: string, message: string) {
    try {
      await navigator.clipboard.writeText(text);
      void notify({ message });
    } catch {
      void notify({ color: "red", message: t("editor.no_clipboard") });
    }
  }

  async function share() {
    const link = await encode(document);
    await copy(`${window.location.origin}/${link}`, t("editor.shared"));
  }

  function keyed(event: KeyboardEvent) {
    const target = event.target as HTMLElement;
    if (target.closest("input, textarea, select, [contenteditable]")) return;
    const key = event.key.toLowerCase();
    const command = event.ctrlKey || event.metaKey;
    if (command && key === "z") event.shiftKey ? training.redo() : training.undo();
    else if (command && key === "y") training.redo();
    else if (command && key === "d" && layerId) change({ kind: "duplicate", role, id: layerId });
    else if ((key === "delete" || key === "backspace") && layerId)
      change({ kind: "remove", role, ids: [layerId] });
    else if (key === "escape") select(null);
    else return;
    event.preventDefault();
  }

  const inspector = catalog && selection && (
    <Inspector
      document={document}
      catalog={catalog}
      check={check}
      facts={facts}
      info={info}
      selection={selection}
      onChange={change}
      onClose={() => select(null)}
      onSection={(section) => select({ kind: "section", section })}
    />
  );

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys for the whole bench; every one of them has its button too
    <div
      className="oqu-bench"
      data-folded={folded || undefined}
      onKeyDown={keyed}
      onPaste={(event) => {
        if ((event.target as HTMLElement).closest("input, textarea")) return;
        pasted(event.clipboardData.getData("text/plain"));
      }}
      onCopy={(event) => {
        const layer = layers[idsOf(layers).indexOf(layerId ?? "")];
        if (
          !layer ||
          window.getSelection()?.toString() ||
          (event.target as HTMLElement).closest("input, textarea")
        )
          return;
        event.clipboardData.setData("text/plain", print(layer as Json));
        event.preventDefault();
      }}
    >
      <Bar
        document={document}
        session={session}
        training={seen}
        blocked={blocked}
        pace={pace}
        onLearner={() => select({ kind: "section", section: "learner" })}
      >
        <Tabs
          value={tab}
          onChange={(value) => setTab(value as typeof tab)}
          variant="pills"
          aria-label={t("workbench.tabs")}
        >
          <Tabs.List>
            <Tabs.Tab value="learn">{t("workbench.tab_learn")}</Tabs.Tab>
            <Tabs.Tab value="use" disabled={session === null}>
              {t("workbench.tab_use")}
            </Tabs.Tab>
          </Tabs.List>
        </Tabs>
        <Tool label={t("editor.share")} onClick={share} icon={<IconLink size={18} />} />
        <Tool
          label={t("workbench.experiment")}
          onClick={() => select({ kind: "section", section: "run" })}
          icon={<IconSettings size={18} />}
        />
      </Bar>
      <Notice
        training={training}
        session={session}
        check={check}
        previous={previous}
        info={info}
        onLayer={showLayer}
        onProblem={showProblem}
        onMend={(kind, layer) => {
          const missing = layerOf(kind);
          if (layer === null) return change({ kind: "add", role, layer: { type: kind }, after: null });
          const before = facts.graph.edges.find((edge) => edge.to === layer);
          if (missing && before) change({ kind: "add", role, layer: missing, after: null, on: before });
        }}
        onUnsquash={
          freed &&
          (() => change({ kind: "set", path: ["networks", role, "layers"], value: freed as unknown as Json }))
        }
      />
      {tab === "use" && session ? (
        <div className="oqu-bench-use">
          <Suspense fallback={<Loading />}>
            <Use session={session} preview={preview} learning={!over} over={over} />
          </Suspense>
        </div>
      ) : (
        <>
          <div className="oqu-left-side">
            {folded ? null : catalog ? (
              <>
                <DataPanel
                  document={document}
                  catalog={catalog}
                  onData={setData}
                  onChange={change}
                  onMore={() => select({ kind: "section", section: "data" })}
                />
                <Text fw={600} size="sm">
                  {t("editor.palette")}
                </Text>
                <Palette entries={catalog.layers} onAdd={add} />
              </>
            ) : (
              <Loading />
            )}
          </div>
          <div className="oqu-centre">
            <div className="oqu-tools" role="toolbar" aria-label={t("editor.tools")}>
              <Tool
                label={t(folded ? "workbench.unfold" : "workbench.fold")}
                onClick={() => setFolded(!folded)}
                icon={
                  folded ? (
                    <IconLayoutSidebarLeftExpand size={18} />
                  ) : (
                    <IconLayoutSidebarLeftCollapse size={18} />
                  )
                }
              />
              <Text component="h1" fw={600} size="sm" className="oqu-name" data-user title={document.name}>
                {document.name}
              </Text>
              {rolesOf(document).length > 1 && (
                <SegmentedControl
                  aria-label={t("editor.networks")}
                  data={rolesOf(document)}
                  value={role}
                  onChange={setRole}
                />
              )}
              <span className="oqu-total">
                {total(layers.length, first ? null : (facts.plan?.parameters ?? null), t)}
              </span>
              <Tool
                label={t("editor.undo")}
                disabled={!history?.past.length}
                onClick={training.undo}
                icon={<IconArrowBackUp size={18} />}
              />
              <Tool
                label={t("editor.redo")}
                disabled={!history?.future.length}
                onClick={training.redo}
                icon={<IconArrowForwardUp size={18} />}
              />
              <Tool
                label={t(`editor.direction_${direction}`)}
                onClick={() =>
                  setDirection(DIRECTIONS[(DIRECTIONS.indexOf(direction) + 1) % DIRECTIONS.length] ?? "auto")
                }
                icon={<IconSitemap size={18} />}
              />
              <Tool
                label={t("editor.copy")}
                onClick={() => copy(print(document as unknown as Json), t("editor.copied"))}
                icon={<IconCopy size={18} />}
              />
              <Tool
                label={t(asText ? "editor.show_drawing" : "editor.show_text")}
                pressed={asText}
                onClick={() => setAsText(!asText)}
                icon={<IconBraces size={18} />}
              />
            </div>
            {asText ? (
              <Suspense fallback={<Loading />}>
                <TextView document={document} problems={check?.errors ?? []} onChange={change} />
              </Suspense>
            ) : (
              <Canvas
                facts={facts}
                layers={layers}
                role={role}
                info={info}
                selected={nodeOf(selection)}
                opened={opened}
                direction={direction as Direction | "auto"}
                onSelect={selectNode}
                onChange={change}
                layerOf={layerOf}
              />
            )}
          </div>
          <div className="oqu-right-side">
            <Views session={session} over={over} info={info} preview={preview} onLayer={showLayer} />
            <Suspense>{inspector}</Suspense>
          </div>
        </>
      )}
    </div>
  );
}

type ToolProps = {
  label: string;
  icon: ReactNode;
  onClick: () => void;
  disabled?: boolean;
  pressed?: boolean;
};

function Tool({ label, icon, onClick, disabled, pressed }: ToolProps) {
  return (
    <Tooltip label={label}>
      <ActionIcon
        size={30}
        aria-label={label}
        aria-pressed={pressed}
        variant={pressed ? "light" : "subtle"}
        disabled={disabled}
        onClick={onClick}
      >
        {icon}
      </ActionIcon>
    </Tooltip>
  );
}

type T = (key: string, params?: Record<string, unknown>) => string;

function total(count: number, parameters: number | null, t: T): string {
  const layers = t("editor.layers", { count });
  if (parameters === null) return layers;
  return t("editor.total", {
    layers,
    weights: t("editor.weights", {
      count: parameters,
      number: parameters < 100_000 ? formatInteger(parameters) : formatCompact(parameters),
    }),
  });
}

function newLayer(entry: CatalogEntry): Layer {
  return (entry.example ?? blank(entry.type, entry.schema)) as Layer;
}

/** After what is selected; else before the last layer, which makes the answer; else first. */
function placeFor(layers: readonly Layer[], selected: string | null): string | null {
  if (selected !== null) return selected;
  const ids = idsOf(layers);
  return layers.length === 0 ? null : (ids[layers.length - 2] ?? "input");
}

function stillThere(selection: Selection | null, layers: readonly Layer[]): boolean {
  return selection?.kind !== "layer" || idsOf(layers).includes(selection.id);
}

function nodeOf(selection: Selection | null): string | null {
  if (selection?.kind === "layer") return selection.id;
  if (selection?.section === "data") return "input";
  return selection?.section === "learner" ? OUTPUT : null;
}

function selectionOf(node: string | null, role: string): Selection | null {
  if (node === null) return null;
  if (isSource(node)) return { kind: "section", section: "data" };
  if (node === OUTPUT) return { kind: "section", section: "learner" };
  return { kind: "layer", role, id: node };
}

function sectionOf(part: string | number | undefined): Section {
  if (part === "data" || part === "preprocess" || part === "learner") return part;
  return "run";
}
