// The raw data of the document on the workbench, asked again when its data change; the old ones stay meanwhile.
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { previewData } from "../api/queries.ts";
import type { DataPreview, ExperimentDocument } from "../api/schema.ts";

/** `key`: what the answer depends on; the document's data and seed when absent. */
export function useData(
  document: ExperimentDocument | null,
  key: readonly unknown[] = [document?.data, document?.seed],
  enabled = true,
): DataPreview | undefined {
  const { data } = useQuery<DataPreview>({
    queryKey: ["preview", ...key],
    queryFn: ({ signal }) => previewData(document as ExperimentDocument, signal),
    enabled: enabled && document !== null,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 600_000,
    retry: false,
  });
  return data;
}

export function usePreview(document: ExperimentDocument | null): DataPreview | null {
  const data = useData(document);
  const [last, setLast] = useState<DataPreview | null>(null);
  useEffect(() => {
    if (data) setLast(data);
  }, [data]);
  return data ?? last;
}
