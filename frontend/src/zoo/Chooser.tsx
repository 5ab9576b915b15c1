// "What is your data?": leads a beginner to networks that suit it, or to the place where own data come in.
import { Text, UnstyledButton } from "@mantine/core";
import { IconChartDots, IconPhoto, IconTable, IconUpload, IconWaveSine } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Kind } from "./shelf.ts";

const KINDS: { kind: Kind; icon: typeof IconTable }[] = [
  { kind: "points", icon: IconChartDots },
  { kind: "table", icon: IconTable },
  { kind: "images", icon: IconPhoto },
  { kind: "curve", icon: IconWaveSine },
];

type Props = { value: Kind | null; onChange: (kind: Kind | null) => void };

export function Chooser({ value, onChange }: Props) {
  const { t } = useTranslation();
  return (
    <section className="oqu-panel oqu-chooser" aria-labelledby="chooser">
      <Text component="h2" fw={600} size="sm" id="chooser">
        {t("zoo.chooser")}
      </Text>
      <div className="oqu-choices">
        {KINDS.map(({ kind, icon: Icon }) => (
          <UnstyledButton
            key={kind}
            className="oqu-choice"
            aria-pressed={value === kind}
            onClick={() => onChange(value === kind ? null : kind)}
          >
            <Icon size={20} stroke={1.6} aria-hidden />
            <span>
              <b>{t(`zoo.kind.${kind}`)}</b>
              <small>{t(`zoo.kind_help.${kind}`)}</small>
            </span>
          </UnstyledButton>
        ))}
        <Link to="/data" className="oqu-choice">
          <IconUpload size={20} stroke={1.6} aria-hidden />
          <span>
            <b>{t("zoo.own")}</b>
            <small>{t("zoo.own_help")}</small>
          </span>
        </Link>
      </div>
    </section>
  );
}
