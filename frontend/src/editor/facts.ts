// What the canvas says about each layer, put together from the document, the check and the catalogue.
import { kindTitle } from "../api/kinds.ts";
import type {
  Catalog,
  CatalogEntry,
  CheckAnswer,
  DataInfo,
  NetworkPlan,
  Problem,
  Shape,
} from "../api/schema.ts";
import type { Document, Layer } from "../network/document.ts";
import { layersOf } from "../network/document.ts";
import { type Graph, graphOf } from "../network/graph.ts";
import { brief, settingsOf } from "../schema-form/schema.ts";
import { formatShape } from "../ui/format.ts";

export type LayerFacts = {
  id: string;
  type: string;
  title: string;
  known: boolean;
  settings: { title: string; value: string }[];
  parameters: number | null;
  output: Shape | null;
  problems: Problem[];
  remarks: Problem[];
  many: boolean;
};

export type NetworkFacts = {
  graph: Graph;
  layers: Map<string, LayerFacts>;
  plan: NetworkPlan | null;
  /** Problems of the network that belong to no single layer. */
  problems: Problem[];
};

export function networkFacts(
  document: Document,
  role: string,
  catalog: Catalog | undefined,
  check: CheckAnswer | null,
): NetworkFacts {
  const graph = graphOf(layersOf(document, role));
  const plan = check?.networks[role] ?? null;
  const plans = new Map(plan?.layers.map((one) => [one.id, one]));
  const entries = new Map(catalog?.layers.map((entry) => [entry.type, entry]));
  const all = (check?.errors ?? []).filter(
    ({ where }) => where.path[0] === "networks" && where.path[1] === role,
  );
  const layers = new Map(
    graph.nodes.map(({ id, layer }, index): [string, LayerFacts] => {
      const entry = entries.get(layer.type);
      const planned = plans.get(id);
      const here = ({ where }: Problem) =>
        where.path[2] === "layers" && typeof where.path[3] === "number"
          ? where.path[3] === index
          : where.layer === id;
      return [
        id,
        {
          id,
          type: layer.type,
          title: entry ? kindTitle(entry) : layer.type,
          known: entry !== undefined || catalog === undefined,
          settings: entry ? briefly(layer, entry) : [],
          parameters: planned?.type === layer.type ? planned.parameters : null,
          output: planned?.type === layer.type ? planned.output_shape : null,
          problems: all.filter(here),
          remarks: remarksUnder(check, "networks", role).filter(here),
          many: (entry?.arity?.[1] ?? 1) > 1,
        },
      ];
    }),
  );
  const placed = new Set([...layers.values()].flatMap((facts) => facts.problems));
  return { graph, layers, plan, problems: all.filter((problem) => !placed.has(problem)) };
}

const SHOWN = 3;

/** What a layer says that is not the usual, and what has no usual. */
function briefly(layer: Layer, entry: CatalogEntry): { title: string; value: string }[] {
  return settingsOf(entry.schema, ["id", "inputs", "init"])
    .filter(({ name, default: usual, advanced }, index) => {
      const value = layer[name];
      if (value === undefined || value === null || advanced) return false;
      return index === 0 || JSON.stringify(value) !== JSON.stringify(usual);
    })
    .map(({ name, title }) => ({ title, value: brief(layer[name]) }))
    .filter(({ value }) => value !== "")
    .slice(0, SHOWN);
}

/** Problems of a section of the document: its data, its learner. */
export function problemsUnder(check: CheckAnswer | null, ...path: (string | number)[]): Problem[] {
  return (check?.errors ?? []).filter(({ where }) => path.every((part, index) => where.path[index] === part));
}

/** What a teacher would say to a section of the document that can run. */
export function remarksUnder(check: CheckAnswer | null, ...path: (string | number)[]): Problem[] {
  return (check?.remarks ?? []).filter(({ where }) =>
    path.every((part, index) => where.path[index] === part),
  );
}

/** What one example is: the names of a few numbers, else how many, else the sizes of a picture. */
export function inputOf(info: DataInfo | null, numbers: (count: number) => string): string {
  if (info === null) return "";
  const names = info.features.map((feature) => feature.name);
  if (names.length > 0 && names.length <= 3) return names.join(", ");
  return info.shape.length === 1 ? numbers(info.shape[0] ?? 0) : formatShape(info.shape);
}
