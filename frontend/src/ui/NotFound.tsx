// An address that leads nowhere.
import { Button } from "@mantine/core";
import { IconMapQuestion } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { EmptyState } from "./EmptyState.tsx";

export function NotFound() {
  const { t } = useTranslation();
  return (
    <EmptyState
      icon={<IconMapQuestion size={40} stroke={1.3} />}
      title={t("problem.not_found")}
      text={t("problem.not_found_hint")}
    >
      <Button component={Link} to="/">
        {t("nav.workbench")}
      </Button>
    </EmptyState>
  );
}
