// The corner where notices appear; nothing until there is one.
import { lazy, Suspense } from "react";
import { useNotices } from "./notify.ts";

const Notifications = lazy(async () => ({
  default: (await import("@mantine/notifications")).Notifications,
}));

export function Notices() {
  const wanted = useNotices((state) => state.wanted);
  return wanted ? (
    <Suspense>
      <Notifications position="bottom-right" />
    </Suspense>
  ) : null;
}
