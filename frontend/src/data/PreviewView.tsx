// What the files were understood to be: facts, columns, first rows or pictures, balance, problems.
import { Checkbox, List, Progress, Table, Text, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { ColumnFacts, DatasetPreview, Json, JsonObject } from "../api/schema.ts";
import { asSent } from "../i18n/index.ts";
import { formatInteger, formatNumber, formatPercent, MISSING } from "../ui/format.ts";
import { classColor } from "../ui/palette.ts";
import { factsOf } from "./facts.ts";
import { Thumbnails } from "./Thumbnails.tsx";

type Props = { preview: DatasetPreview; options: JsonObject; onOptions: (options: JsonObject) => void };

export function PreviewView({ preview, options, onOptions }: Props) {
  const { t } = useTranslation();
  return (
    <div className="oqu-preview">
      <Text fw={600}>{factsOf(preview.info, t)}</Text>
      {preview.problems.length > 0 && <Problems problems={preview.problems} />}
      <Balance balance={preview.balance} />
      {preview.columns && (
        <Columns
          columns={preview.columns}
          target={targetOf(preview)}
          options={options}
          onOptions={onOptions}
        />
      )}
      {preview.images && <Thumbnails images={preview.images} />}
      {preview.rows && <FirstRows preview={preview} />}
    </div>
  );
}

const targetOf = (preview: DatasetPreview): string | null =>
  typeof preview.options?.target === "string" ? preview.options.target : null;

function Problems({ problems }: { problems: string[] }) {
  const { t } = useTranslation();
  return (
    <section>
      <Title order={3}>{t("data.problems")}</Title>
      <List size="sm">
        {problems.map((problem) => (
          <List.Item key={problem}>{asSent(problem)}</List.Item>
        ))}
      </List>
    </section>
  );
}

const MOST_BARS = 12;

/** How many of each class, and what guessing the commonest would reach. */
function Balance({ balance }: { balance: { [name: string]: number } }) {
  const { t } = useTranslation();
  const counts = Object.entries(balance);
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  const most = counts.reduce<[string, number]>((best, one) => (one[1] > best[1] ? one : best), ["", 0]);
  if (total === 0) return null;
  return (
    <section>
      <Title order={3}>{t("data.balance")}</Title>
      <div className="oqu-balance">
        {counts.slice(0, MOST_BARS).map(([name, count], index) => (
          <div key={name}>
            <span title={name}>{name}</span>
            <Progress
              value={(100 * count) / most[1]}
              color={classColor(index)}
              aria-label={t("data.balance_bar", { name, count })}
            />
            <span>{formatInteger(count)}</span>
          </div>
        ))}
      </div>
      {counts.length > MOST_BARS && (
        <Text size="sm" c="dimmed">
          {t("data.more_classes", { count: counts.length - MOST_BARS })}
        </Text>
      )}
      <Text size="sm" c="dimmed" mt={4}>
        {t("data.baseline", { name: most[0], share: formatPercent(most[1] / total) })}
      </Text>
    </section>
  );
}

type ColumnsProps = {
  columns: ColumnFacts[];
  target: string | null;
  options: JsonObject;
  onOptions: (options: JsonObject) => void;
};

function Columns({ columns, target, options, onOptions }: ColumnsProps) {
  const { t } = useTranslation();
  const left = Array.isArray(options.leave_out) ? options.leave_out.map(String) : [];
  const leave = (names: string[]) => onOptions({ ...options, leave_out: names });
  return (
    <section>
      <Title order={3}>{t("data.columns")}</Title>
      <div className="oqu-scroll">
        <Table fz="sm" verticalSpacing={4}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("data.column_use")}</Table.Th>
              <Table.Th>{t("data.column_name")}</Table.Th>
              <Table.Th>{t("data.column_kind")}</Table.Th>
              <Table.Th>{t("data.column_values")}</Table.Th>
              <Table.Th ta="right">{t("data.column_missing")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {columns.map((column) => (
              <Table.Tr key={column.name}>
                <Table.Td>
                  {column.name === target ? (
                    <b>{t("data.column_target")}</b>
                  ) : (
                    <Checkbox
                      checked
                      aria-label={t("data.column_use_named", { name: column.name })}
                      onChange={() => leave([...left, column.name])}
                    />
                  )}
                </Table.Td>
                <Table.Td>{column.name}</Table.Td>
                <Table.Td>{t(`data.kind.${column.kind}`)}</Table.Td>
                <Table.Td>{valuesIn(column)}</Table.Td>
                <Table.Td ta="right">{formatInteger(column.missing)}</Table.Td>
              </Table.Tr>
            ))}
            {left.map((name) => (
              <Table.Tr key={name} c="dimmed">
                <Table.Td>
                  <Checkbox
                    checked={false}
                    aria-label={t("data.column_use_named", { name })}
                    onChange={() => leave(left.filter((one) => one !== name))}
                  />
                </Table.Td>
                <Table.Td>{name}</Table.Td>
                <Table.Td colSpan={3}>{t("data.column_left_out")}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
    </section>
  );
}

function valuesIn(column: ColumnFacts): string {
  if (column.kind === "category") return column.categories.slice(0, 6).join(", ");
  if (column.low == null || column.high == null) return MISSING;
  return `${formatNumber(column.low)} … ${formatNumber(column.high)}`;
}

const SHOWN_ROWS = 8;
const SHOWN_COLUMNS = 12;

function FirstRows({ preview }: { preview: DatasetPreview }) {
  const { t } = useTranslation();
  const names = preview.columns?.map((column) => column.name) ?? [
    ...preview.info.features.map((feature) => feature.name),
    preview.info.targets[0] ?? t("data.column_target"),
  ];
  const shown = [...names.keys()].filter((i) => i < SHOWN_COLUMNS - 1 || i === names.length - 1);
  return (
    <section>
      <Title order={3}>{t("data.first_rows")}</Title>
      <div className="oqu-scroll">
        <Table fz="sm" verticalSpacing={3} withColumnBorders>
          <Table.Thead>
            <Table.Tr>
              {shown.map((i) => (
                <Table.Th key={names[i]}>{names[i]}</Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {numbered(preview.rows ?? []).map(({ number, row }) => (
              <Table.Tr key={number}>
                {shown.map((i) => (
                  <Table.Td key={names[i]}>{cell(row[i])}</Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
    </section>
  );
}

const numbered = (rows: Json[][]) => rows.slice(0, SHOWN_ROWS).map((row, number) => ({ number, row }));

function cell(value: Json | undefined): string {
  if (value === null || value === undefined || value === "") return MISSING;
  return typeof value === "number" ? formatNumber(value, 4) : String(value);
}
