// All runs, newest first: what learns now, what came out, and a way back to each.
import "./runs.css";
import {
  Button,
  Group,
  Progress,
  SegmentedControl,
  Table,
  Text,
  TextInput,
  Title,
  VisuallyHidden,
} from "@mantine/core";
import { IconChartLine, IconMoodEmpty, IconSearch } from "@tabler/icons-react";
import { type CSSProperties, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useDeleteRun, useRuns } from "../api/queries.ts";
import { ENDED, type Run, type RunStateName } from "../api/schema.ts";
import { asSent, fromPython } from "../i18n/index.ts";
import { ConfirmDelete } from "../ui/ConfirmDelete.tsx";
import { EmptyState } from "../ui/EmptyState.tsx";
import { ErrorNote } from "../ui/ErrorNote.tsx";
import {
  formatAgo,
  formatDuration,
  formatInteger,
  formatMetric,
  formatTime,
  MISSING,
  parseTime,
} from "../ui/format.ts";
import { Loading } from "../ui/Loading.tsx";
import { filtered, headline, progressOf, type RunFilter, STATE_COLORS, secondsOf } from "./list.ts";

const FILTERS: RunFilter[] = ["all", "active", "completed", "failed"];
const NOTHING: Run[] = [];

export function Runs() {
  const { t } = useTranslation();
  const { data: runs = NOTHING, isPending, error, refetch } = useRuns();
  const [filter, setFilter] = useState<RunFilter>("all");
  const [words, setWords] = useState("");
  const shown = filtered(runs, filter, words);
  return (
    <div className="oqu-content">
      <Group justify="space-between" mb="sm">
        <Title order={1}>{t("runs.title")}</Title>
        <Group gap="sm">
          <TextInput
            aria-label={t("common.search")}
            placeholder={t("common.search")}
            leftSection={<IconSearch size={14} aria-hidden />}
            value={words}
            onChange={(event) => setWords(event.currentTarget.value)}
            w={180}
          />
          <SegmentedControl
            aria-label={t("runs.filter_label")}
            value={filter}
            onChange={(value) => setFilter(value as RunFilter)}
            data={FILTERS.map((value) => ({ value, label: t(`runs.filter.${value}`) }))}
          />
        </Group>
      </Group>
      {isPending && <Loading />}
      {error && <ErrorNote problem={error} retry={() => void refetch()} />}
      {shown.length > 0 && <RunTable runs={shown} />}
      {!isPending && !error && runs.length === 0 && <NoRuns />}
      {runs.length > 0 && shown.length === 0 && (
        <EmptyState
          icon={<IconMoodEmpty size={40} stroke={1.3} />}
          title={t("runs.nothing")}
          text={t("runs.nothing_hint")}
        />
      )}
    </div>
  );
}

function NoRuns() {
  const { t } = useTranslation();
  return (
    <EmptyState
      icon={<IconChartLine size={40} stroke={1.3} />}
      title={t("runs.empty")}
      text={t("runs.empty_hint")}
    >
      <Group gap="sm" mt="xs">
        <Button component={Link} to="/">
          {t("runs.to_workbench")}
        </Button>
        <Button component={Link} to="/zoo" variant="default">
          {t("runs.to_zoo")}
        </Button>
      </Group>
    </EmptyState>
  );
}

function RunTable({ runs }: { runs: Run[] }) {
  const { t } = useTranslation();
  const now = useNow();
  return (
    <div className="oqu-panel oqu-runs">
      <Table highlightOnHover verticalSpacing={7} horizontalSpacing="sm">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("runs.name")}</Table.Th>
            <Table.Th>{t("runs.state")}</Table.Th>
            <Table.Th className="oqu-wide">{t("runs.progress")}</Table.Th>
            <Table.Th ta="right">{t("runs.result")}</Table.Th>
            <Table.Th className="oqu-wide">{t("runs.started")}</Table.Th>
            <Table.Th className="oqu-wide" ta="right">
              {t("runs.duration")}
            </Table.Th>
            <Table.Th>
              <VisuallyHidden>{t("runs.actions")}</VisuallyHidden>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {runs.map((run) => (
            <RunRow key={run.id} run={run} now={now} />
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

function RunRow({ run, now }: { run: Run; now: Date }) {
  const { t } = useTranslation();
  const deletion = useDeleteRun();
  const name = run.name || t("runs.unnamed");
  const best = headline(run);
  const started = parseTime(run.started ?? run.created);
  return (
    <Table.Tr>
      <Table.Td>
        <Link to={`/runs/${encodeURIComponent(run.id)}`} className="oqu-run-name" data-user>
          {name}
        </Link>
      </Table.Td>
      <Table.Td>
        <span className="oqu-state" style={{ "--dot": stateColor(run.state) } as CSSProperties}>
          {t(`state.${run.state}`)}
        </span>
        {run.state === "failed" && run.detail && (
          <Text size="xs" c="dimmed" className="oqu-why">
            {asSent(run.detail)}
          </Text>
        )}
      </Table.Td>
      <Table.Td className="oqu-wide">
        <Epochs run={run} />
      </Table.Td>
      <Table.Td ta="right">
        {best === null ? (
          MISSING
        ) : (
          <>
            <b>{formatMetric(best.name, best.value)}</b>
            <Text size="xs" c="dimmed">
              {fromPython(`metric.${best.name}`, best.name)}
            </Text>
          </>
        )}
      </Table.Td>
      <Table.Td className="oqu-wide" title={formatTime(started)}>
        <time dateTime={run.started ?? run.created}>{formatAgo(started, now)}</time>
      </Table.Td>
      <Table.Td className="oqu-wide" ta="right">
        <time>{formatDuration(secondsOf(run, now))}</time>
      </Table.Td>
      <Table.Td ta="right">
        <ConfirmDelete
          name={name}
          text={ENDED.includes(run.state) ? t("runs.delete_text") : t("runs.delete_running_text")}
          onDelete={() => deletion.mutateAsync(run.id)}
        />
      </Table.Td>
    </Table.Tr>
  );
}

function Epochs({ run }: { run: Run }) {
  const { t } = useTranslation();
  const share = progressOf(run);
  const words =
    run.epochs === null
      ? t("runs.epochs_open", { epoch: formatInteger(run.epoch) })
      : t("runs.epochs", { epoch: formatInteger(run.epoch), epochs: formatInteger(run.epochs) });
  return (
    <div className="oqu-epochs">
      <Text size="xs">{words}</Text>
      {share !== null && (
        <Progress value={share * 100} size={4} color={STATE_COLORS[run.state]} aria-label={words} />
      )}
    </div>
  );
}

/** The time, for "3 minutes ago" and running durations. */
function useNow(): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

const stateColor = (state: RunStateName): string => `var(--mantine-color-${STATE_COLORS[state]}-filled)`;
