// One experiment of the zoo: its data and its network at a glance, one sentence, and a way in.
import { Badge, Button, Group, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { ExperimentDocument, ZooItem } from "../api/schema.ts";
import { Absent } from "./Absent.tsx";
import { DataPicture } from "./DataPicture.tsx";
import { Schematic } from "./Schematic.tsx";
import { stagesOf } from "./schematic.ts";
import type { Kind } from "./shelf.ts";
import { useDataPreview, useSeen } from "./useShelf.ts";
import { itemName, itemSummary, levelName, tagName } from "./words.ts";

type Props = {
  item: ZooItem;
  document: ExperimentDocument | undefined;
  kind: Kind | null;
  onOpen: (document: ExperimentDocument) => void;
};

const UNKNOWN_OUTPUTS = 2;

export function ZooCard({ item, document, kind, onOpen }: Props) {
  const { t } = useTranslation();
  const [element, seen] = useSeen<HTMLElement>();
  const { data: preview, isError: absent } = useDataPreview(document, item.slug, seen);
  const info = preview?.info;
  const image = info ? info.form === "image" : kind === "images";
  const outputs = info ? info.classes.length || 1 : UNKNOWN_OUTPUTS;
  const stages = document ? stagesOf(document, info?.shape[0] ?? 2, outputs, image) : [];
  return (
    <article ref={element} className="oqu-panel oqu-zoo-card" aria-labelledby={`zoo-${item.slug}`}>
      <div className="oqu-zoo-picture">
        {absent ? <Absent name={nameOf(document)} /> : <DataPicture preview={preview} />}
        <Schematic stages={stages} />
      </div>
      <div className="oqu-zoo-words">
        <Group gap="xs" justify="space-between" wrap="nowrap" align="start">
          <Text component="h2" fw={600} id={`zoo-${item.slug}`}>
            {itemName(item)}
          </Text>
          <Badge variant="default" size="sm" tt="none" fw={500} style={{ flex: "none" }}>
            {levelName(item.level)}
          </Badge>
        </Group>
        <Text size="sm" c="dimmed">
          {itemSummary(item)}
        </Text>
        <Group gap={6} mt="auto" pt="xs" justify="space-between" wrap="nowrap" align="end">
          <Text size="xs" c="dimmed">
            {item.tags.map((tag) => tagName(tag)).join(" · ")}
          </Text>
          <Button
            variant="light"
            style={{ flex: "none" }}
            disabled={document === undefined}
            aria-describedby={`zoo-${item.slug}`}
            onClick={() => document && onOpen(document)}
          >
            {t("zoo.open")}
          </Button>
        </Group>
      </div>
    </article>
  );
}

/** The name under which an experiment asks for imported data. */
function nameOf(document: ExperimentDocument | undefined): string | null {
  const name = document?.data.name;
  return typeof name === "string" ? name : null;
}
