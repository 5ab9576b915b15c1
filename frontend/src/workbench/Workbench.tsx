// The workbench: the draft's name until the editor takes its place.
import { useDraft } from "./draft.ts";

export function Workbench() {
  const document = useDraft((draft) => draft.document);
  return <div className="oqu-content">{document?.name}</div>;
}
