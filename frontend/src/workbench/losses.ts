// Another kind of data may need another loss: numbers are not classes.

import { queryClient } from "../api/queries.ts";
import type { Catalog, DataPreview, ExperimentDocument, KindDocument } from "../api/schema.ts";
import { getAt } from "../network/document.ts";

const USUAL: Record<string, string> = { classification: "CrossEntropyLoss", regression: "MSELoss" };

/** The loss to change to with these data; null where the one there is will do, or nobody can tell. */
export function suited(
  catalog: Catalog,
  document: ExperimentDocument,
  data: KindDocument,
  current: DataPreview | null,
): KindDocument | null {
  const seen = queryClient.getQueryData<DataPreview>(["preview", "toy", data.type]);
  const task = seen?.info.task ?? catalog.data.find((entry) => entry.type === data.type)?.task;
  const loss = catalog.losses.find((entry) => entry.type === getAt(document, ["learner", "loss", "type"]));
  if (task === undefined) return null;
  if (loss?.tasks ? loss.tasks.includes(task) : current?.info.task === task) return null;
  const usual = catalog.losses.find((entry) => entry.type === USUAL[task]);
  return usual ? { type: usual.type } : null;
}
