// The frame around every place: brand, navigation, light or dark.
import { ActionIcon, Tooltip, useMantineColorScheme } from "@mantine/core";
import {
  IconChartLine,
  IconDatabase,
  IconDeviceDesktop,
  IconLayoutGrid,
  IconMoon,
  IconSun,
  IconTopologyStar3,
} from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "react-router";

const PLACES = [
  { to: "/", key: "nav.workbench", icon: IconTopologyStar3 },
  { to: "/zoo", key: "nav.zoo", icon: IconLayoutGrid },
  { to: "/runs", key: "nav.runs", icon: IconChartLine },
  { to: "/data", key: "nav.data", icon: IconDatabase },
] as const;

/** A run's own address shows the workbench. */
function placeOf(pathname: string): string {
  if (pathname.startsWith("/runs/")) return "/";
  return PLACES.find((place) => place.to !== "/" && pathname.startsWith(place.to))?.to ?? "/";
}

export function Shell({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const here = placeOf(useLocation().pathname);
  return (
    <div className="oqu-shell">
      <a className="oqu-skip" href="#content">
        {t("common.skip")}
      </a>
      <header className="oqu-head">
        <Link to="/" className="oqu-brand" aria-label={t("common.oqu")}>
          <img src="/icon.svg" width={22} height={22} alt="" />
          <span>{t("common.oqu")}</span>
        </Link>
        <nav className="oqu-places" aria-label={t("nav.label")}>
          {PLACES.map((place) => (
            <Link
              key={place.to}
              to={place.to}
              className="oqu-place"
              aria-current={here === place.to ? "page" : undefined}
            >
              <place.icon size={17} stroke={1.7} aria-hidden />
              {t(place.key)}
            </Link>
          ))}
        </nav>
        <div style={{ marginLeft: "auto" }}>
          <SchemeButton />
        </div>
      </header>
      <main className="oqu-main" id="content" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}

const SCHEMES = { auto: IconDeviceDesktop, light: IconSun, dark: IconMoon };
const NEXT = { auto: "light", light: "dark", dark: "auto" } as const;

function SchemeButton() {
  const { t } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const Icon = SCHEMES[colorScheme];
  const label = t(`nav.scheme_${colorScheme}`);
  return (
    <Tooltip label={label}>
      <ActionIcon size="lg" aria-label={label} onClick={() => setColorScheme(NEXT[colorScheme])}>
        <Icon size={18} stroke={1.7} aria-hidden />
      </ActionIcon>
    </Tooltip>
  );
}
