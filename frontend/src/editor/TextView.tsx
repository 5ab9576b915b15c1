// The whole document as JSON beside the canvas. What parses is the document at once; what does not says where.
import { Button, Group, Text, Textarea } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Json, Problem } from "../api/schema.ts";
import type { Change } from "../network/changes.ts";
import { type Document, same } from "../network/document.ts";
import { paste } from "../network/paste.ts";
import { print } from "../network/text.ts";
import { hintOf, placedSentence } from "../ui/problems.ts";

type Props = { document: Document; problems: readonly Problem[]; onChange: (change: Change) => void };

export function TextView({ document, problems, onChange }: Props) {
  const { t } = useTranslation();
  const printed = print(document as unknown as Json);
  const [text, setText] = useState(printed);
  const read = paste(text);
  const wrong = read.kind === "nothing" ? read : null;

  // A change from elsewhere is shown; one's own text stays as it was typed.
  const [known, setKnown] = useState(document);
  if (known !== document) {
    setKnown(document);
    if (read.kind !== "document" || !same(read.document, document)) setText(printed);
  }

  function typed(written: string) {
    setText(written);
    const next = paste(written);
    if (next.kind === "document" && !same(next.document, document)) {
      setKnown(next.document);
      onChange({ kind: "set", path: [], value: next.document as unknown as Json });
    }
  }

  return (
    <div className="oqu-text">
      <Textarea
        aria-label={t("editor.text")}
        value={text}
        spellCheck={false}
        onChange={(event) => typed(event.currentTarget.value)}
        classNames={{ root: "oqu-text-root", wrapper: "oqu-text-root", input: "oqu-text-input" }}
      />
      <Group className="oqu-text-foot" justify="space-between" wrap="nowrap" gap="xs">
        <Text size="sm" c={wrong || problems.length > 0 ? "red" : "dimmed"} lineClamp={2} role="status">
          {wrong
            ? t(`editor.${wrong.reason}${wrong.line === null ? "" : "_line"}`, { line: wrong.line })
            : problems[0]
              ? `${placedSentence(problems[0])} ${hintOf(problems[0])}`
              : t("editor.text_fine")}
        </Text>
        {text !== printed && (
          <Button variant="default" onClick={() => setText(printed)}>
            {t(wrong ? "editor.text_discard" : "editor.text_tidy")}
          </Button>
        )}
      </Group>
    </div>
  );
}
