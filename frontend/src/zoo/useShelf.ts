// The zoo's documents and pictures, loaded one after another so that nothing else has to wait.
import { useQueries, useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { previewData, zooExperimentQuery } from "../api/queries.ts";
import type { ExperimentDocument, ZooItem } from "../api/schema.ts";

/** The documents of these items, by slug, as they arrive. */
export function useDocuments(items: readonly ZooItem[]): Map<string, ExperimentDocument> {
  return useQueries({
    queries: items.map(({ slug }) => zooExperimentQuery(slug)),
    combine: (answers) =>
      new Map(answers.flatMap(({ data }, i) => (data && items[i] ? [[items[i].slug, data] as const] : []))),
  });
}

let last: Promise<unknown> = Promise.resolve();

/** One at a time: pictures are the least urgent thing on the page. */
function inTurn<T>(ask: () => Promise<T>): Promise<T> {
  const answer = last.then(ask, ask);
  last = answer.catch(() => undefined);
  return answer;
}

export function useDataPreview(document: ExperimentDocument | undefined, slug: string, visible: boolean) {
  return useQuery({
    queryKey: ["zoo", slug, "preview"],
    queryFn: ({ signal }) => inTurn(() => previewData(document as ExperimentDocument, signal)),
    enabled: document !== undefined && visible,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
}

/** Whether an element has come into view. */
export function useSeen<T extends Element>(): [React.RefObject<T | null>, boolean] {
  const element = useRef<T>(null);
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    const node = element.current;
    if (node === null) return;
    const observer = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) setSeen(true);
    });
    observer.observe(node);
    return () => observer.disconnect();
  }, []);
  return [element, seen];
}
