// Data sets: bring files, look at them, import them.
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, isProblem, ownProblem, ProblemError, part } from "./client.ts";
import type { DatasetItem, DatasetPreview, JsonObject } from "./schema.ts";

export const datasetsQuery = queryOptions({
  queryKey: ["datasets"],
  queryFn: async ({ signal }) => (await api<{ items: DatasetItem[] }>("/api/datasets", { signal })).items,
});

export const useDatasets = () => useQuery(datasetsQuery);

export const createDataset = (name: string): Promise<DatasetItem> => api("/api/datasets", { json: { name } });

/** Send a file as it is. XMLHttpRequest, because fetch does not tell how far it has come. */
export function sendFile(
  id: string,
  file: File,
  onProgress: (sent: number) => void,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", `/api/datasets/${part(id)}/content?name=${part(file.name)}`);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.responseType = "json";
    request.upload.onprogress = (event) => onProgress(event.loaded);
    request.onload = () => (request.status < 400 ? resolve() : reject(refusal(request)));
    request.onerror = () => reject(new ProblemError(ownProblem("Offline", "problem.offline"), 0));
    request.onabort = () => reject(new DOMException("", "AbortError"));
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}

function refusal(request: XMLHttpRequest): ProblemError {
  const body: unknown = request.response;
  if (isProblem(body)) return new ProblemError(body, request.status);
  return new ProblemError(
    ownProblem("UnreadableAnswer", "problem.unreadable", { status: request.status }),
    request.status,
  );
}

/** How the files would be understood with these options. Changes nothing. */
export const previewQuery = (id: string, options: JsonObject) =>
  queryOptions({
    queryKey: ["datasets", id, "preview", options],
    queryFn: ({ signal }) =>
      api<DatasetPreview>(`/api/datasets/${part(id)}/preview`, { json: { options }, signal }),
    retry: false,
  });

export const importDataset = (id: string, options: JsonObject): Promise<DatasetItem> =>
  api(`/api/datasets/${part(id)}/import`, { json: { options } });

export const deleteDataset = (id: string): Promise<void> =>
  api(`/api/datasets/${part(id)}`, { method: "DELETE" });

/** An action on data sets after which the list is read again. */
export function useDatasetAction<A, R>(action: (argument: A) => Promise<R>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: action,
    onSettled: () => client.invalidateQueries({ queryKey: ["datasets"], exact: true }),
  });
}
