// One imported data set: what it is, what is wrong with it, and a way to learn from it.
import { Button, Group, List, Spoiler, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { deleteDataset, useDatasetAction } from "../api/datasets.ts";
import type { DatasetItem } from "../api/schema.ts";
import { asSent } from "../i18n/index.ts";
import { ConfirmDelete } from "../ui/ConfirmDelete.tsx";
import { formatAgo, formatBytes, parseTime } from "../ui/format.ts";
import { factsOf } from "./facts.ts";

export function DatasetCard({ item, onTrain }: { item: DatasetItem; onTrain: () => void }) {
  const { t } = useTranslation();
  const deletion = useDatasetAction(deleteDataset);
  const { info } = item;
  return (
    <article className="oqu-panel oqu-dataset" aria-labelledby={`data-${item.id}`}>
      <div>
        <Text component="h2" fw={600} id={`data-${item.id}`}>
          {item.name}
        </Text>
        <Text size="sm">{info === null ? t("data.unfinished") : factsOf(info, t)}</Text>
        {info && info.classes.length > 0 && (
          <Text size="sm" c="dimmed" lineClamp={1}>
            {info.classes.join(", ")}
          </Text>
        )}
        {info && info.problems.length > 0 && (
          <Spoiler maxHeight={44} showLabel={t("data.more")} hideLabel={t("data.less")} mt={4}>
            <List size="sm" c="dimmed">
              {info.problems.map((problem) => (
                <List.Item key={problem}>{asSent(problem)}</List.Item>
              ))}
            </List>
          </Spoiler>
        )}
        <Text size="xs" c="dimmed" mt={4}>
          <time>{[formatBytes(item.bytes), formatAgo(parseTime(item.created))].join(" · ")}</time>
        </Text>
      </div>
      <Group gap="xs" wrap="nowrap" align="center">
        {info && (
          <Button onClick={onTrain} aria-describedby={`data-${item.id}`}>
            {t("data.train")}
          </Button>
        )}
        <ConfirmDelete
          name={item.name}
          text={t("data.delete_text")}
          onDelete={() => deletion.mutateAsync(item.id)}
        />
      </Group>
    </article>
  );
}
