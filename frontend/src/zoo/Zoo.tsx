// The zoo: shipped experiments, each opened as a copy on the workbench.
import "./zoo.css";
import { Button, Group, MultiSelect, SegmentedControl, Text, TextInput, Title } from "@mantine/core";
import { IconMoodEmpty, IconSearch } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { useCatalog, useZoo } from "../api/queries.ts";
import type { ExperimentDocument, ZooItem } from "../api/schema.ts";
import { EmptyState } from "../ui/EmptyState.tsx";
import { ErrorNote } from "../ui/ErrorNote.tsx";
import { Loading } from "../ui/Loading.tsx";
import { openDraft } from "../workbench/draft.ts";
import { Chooser } from "./Chooser.tsx";
import { chosen, kindOfData, levelsOf, NO_WISH, tagsOf, type Wish } from "./shelf.ts";
import { useDocuments } from "./useShelf.ts";
import { levelName, tagName } from "./words.ts";
import { ZooCard } from "./ZooCard.tsx";

const NOTHING: ZooItem[] = [];
const ALL = "*";

export function Zoo() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { data: items = NOTHING, isPending, error, refetch } = useZoo();
  const { data: catalog } = useCatalog();
  const documents = useDocuments(items);
  const [wish, setWish] = useState<Wish>(NO_WISH);
  const kinds = useMemo(
    () => new Map([...documents].map(([slug, document]) => [slug, kindOfData(document, catalog)])),
    [documents, catalog],
  );
  const shown = chosen(items, wish, (item) => kinds.get(item.slug) ?? null);
  const change = (part: Partial<Wish>) => setWish((now) => ({ ...now, ...part }));

  const open = (document: ExperimentDocument) => {
    openDraft(document);
    void navigate("/");
  };

  return (
    <div className="oqu-content">
      <Title order={1}>{t("zoo.title")}</Title>
      <Text c="dimmed" size="sm" mb="md">
        {t("zoo.intro")}
      </Text>
      <Chooser value={wish.kind} onChange={(kind) => change({ kind })} />
      <Group gap="sm" my="md">
        <TextInput
          aria-label={t("common.search")}
          placeholder={t("common.search")}
          leftSection={<IconSearch size={14} aria-hidden />}
          value={wish.words}
          onChange={(event) => change({ words: event.currentTarget.value })}
          w={180}
        />
        <SegmentedControl
          className="oqu-levels"
          aria-label={t("zoo.level_label")}
          value={wish.level ?? ALL}
          onChange={(level) => change({ level: level === ALL ? null : level })}
          data={[
            { value: ALL, label: t("zoo.level.all") },
            ...levelsOf(items).map((level) => ({ value: level, label: levelName(level) })),
          ]}
        />
        <MultiSelect
          aria-label={t("zoo.tags_label")}
          placeholder={wish.tags.length === 0 ? t("zoo.tags_label") : undefined}
          data={tagsOf(items).map((tag) => ({ value: tag, label: tagName(tag) }))}
          value={wish.tags}
          onChange={(tags) => change({ tags })}
          clearable
          searchable
          miw={180}
        />
      </Group>
      {isPending && <Loading />}
      {error && <ErrorNote problem={error} retry={() => void refetch()} />}
      <div className="oqu-zoo-shelf">
        {shown.map((item) => (
          <ZooCard
            key={item.slug}
            item={item}
            document={documents.get(item.slug)}
            kind={kinds.get(item.slug) ?? null}
            onOpen={open}
          />
        ))}
      </div>
      {items.length > 0 && shown.length === 0 && (
        <EmptyState
          icon={<IconMoodEmpty size={40} stroke={1.3} />}
          title={t("zoo.nothing")}
          text={t("zoo.nothing_hint")}
        >
          <Button variant="default" onClick={() => setWish(NO_WISH)}>
            {t("zoo.show_all")}
          </Button>
        </EmptyState>
      )}
    </div>
  );
}
