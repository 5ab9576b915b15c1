// Every question the page asks the server, by name. Answers are kept by TanStack Query.
import { QueryClient, queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, apiBytes, type ProblemError, part } from "./client.ts";
import type {
  Catalog,
  CheckAnswer,
  ControlBody,
  DataPreview,
  ExperimentDocument,
  Json,
  JsonObject,
  MetricsAnswer,
  PredictAnswer,
  Run,
  RunEvent,
  SnapshotItem,
  ZooItem,
} from "./schema.ts";
import { ENDED } from "./schema.ts";

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (failures, thrown) => failures < 2 && (thrown as Partial<ProblemError>).status === 0,
    },
  },
});

type Items<T> = { items: T[] };

// ---- reading ----

export const catalogQuery = queryOptions({
  queryKey: ["catalog"],
  queryFn: ({ signal }) => api<Catalog>("/api/catalog", { signal }),
  staleTime: Number.POSITIVE_INFINITY,
});

export const zooQuery = queryOptions({
  queryKey: ["zoo"],
  queryFn: async ({ signal }) => (await api<Items<ZooItem>>("/api/zoo", { signal })).items,
  staleTime: Number.POSITIVE_INFINITY,
});

export const zooExperimentQuery = (slug: string) =>
  queryOptions({
    queryKey: ["zoo", slug],
    queryFn: ({ signal }) => api<ExperimentDocument>(`/api/zoo/${part(slug)}`, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });

const BUSY_MS = 2_000;
const IDLE_MS = 15_000;

export const runsQuery = queryOptions({
  queryKey: ["runs"],
  queryFn: async ({ signal }) => (await api<Items<Run>>("/api/runs?limit=200", { signal })).items,
  refetchInterval: (query) =>
    query.state.data?.some((run) => !ENDED.includes(run.state)) ? BUSY_MS : IDLE_MS,
});

export const fetchRun = (id: string, signal?: AbortSignal): Promise<Run> =>
  api(`/api/runs/${part(id)}`, { signal });

export const runQuery = (id: string) =>
  queryOptions({ queryKey: ["runs", id], queryFn: ({ signal }) => fetchRun(id, signal) });

export const snapshotsQuery = (id: string) =>
  queryOptions({
    queryKey: ["runs", id, "snapshots"],
    queryFn: async ({ signal }) =>
      (await api<Items<SnapshotItem>>(`/api/runs/${part(id)}/snapshots`, { signal })).items,
  });

export const useCatalog = () => useQuery(catalogQuery);
export const useZoo = () => useQuery(zooQuery);
export const useRuns = () => useQuery(runsQuery);

// ---- asking about a document ----

export const check = (document: unknown, signal?: AbortSignal): Promise<CheckAnswer> =>
  api("/api/check", { json: document, signal });

/** Raw rows of a document's data: points on the map, example images. */
export const previewData = (experiment: ExperimentDocument, signal?: AbortSignal): Promise<DataPreview> =>
  api("/api/preview", { json: { experiment }, signal });

// ---- runs ----

/** Submit. The same key and document give the same run, however often it is sent. */
export const submitRun = (document: ExperimentDocument, key: string = crypto.randomUUID()): Promise<Run> =>
  api("/api/runs", { json: document, headers: { "Idempotency-Key": key } });

export const fetchMetrics = (id: string, points: number, signal?: AbortSignal): Promise<MetricsAnswer> =>
  api(`/api/runs/${part(id)}/metrics?points=${points}`, { signal });

const PAGE = 5_000;

/** What a run said up to a number, besides its measurements: findings, snapshots, changes. */
export async function fetchMilestones(
  id: string,
  through: number,
  signal?: AbortSignal,
): Promise<RunEvent[]> {
  const found: RunEvent[] = [];
  let after = 0;
  while (after < through) {
    const query = `after=${after}&limit=${PAGE}&progress=false`;
    const page = await api<{ items: RunEvent[]; last: number }>(`/api/runs/${part(id)}/events?${query}`, {
      signal,
    });
    if (page.items.length === 0) break;
    found.push(...page.items.filter((event) => event.kind !== "progress"));
    after = page.last;
  }
  return found;
}

export const controlRun = (id: string, body: ControlBody): Promise<JsonObject> =>
  api(`/api/runs/${part(id)}/control`, { json: body });

export const deleteRun = (id: string): Promise<void> => api(`/api/runs/${part(id)}`, { method: "DELETE" });

export const predict = (
  id: string,
  inputs: Json[],
  snapshot: string | null = null,
  signal?: AbortSignal,
): Promise<PredictAnswer> =>
  api(`/api/runs/${part(id)}/predict`, {
    json: snapshot === null ? { inputs } : { inputs, snapshot },
    signal,
  });

export const exam = (id: string): Promise<JsonObject> => api(`/api/runs/${part(id)}/exam`, { json: {} });

/** A probe's Plotly figure at a snapshot; null is the newest. */
export const probeFigure = (
  id: string,
  probe: string,
  snapshot: string | null,
  params: JsonObject = {},
  signal?: AbortSignal,
): Promise<JsonObject> =>
  api(`/api/runs/${part(id)}/probes/${part(probe)}`, { json: { snapshot, params }, signal });

/** A probe's pixels at a snapshot, in the form of a live frame (read them with `parseFrame`). */
export const probeTiles = (
  id: string,
  probe: string,
  snapshot: string | null,
  params: JsonObject = {},
  signal?: AbortSignal,
): Promise<ArrayBuffer> =>
  apiBytes(`/api/runs/${part(id)}/probes/${part(probe)}?form=tiles`, { json: { snapshot, params }, signal });

export function useDeleteRun() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: deleteRun,
    onSuccess: () => client.invalidateQueries({ queryKey: ["runs"] }),
  });
}
