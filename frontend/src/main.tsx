// The page starts here: texts, theme, data cache, routes.
import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "./ui/page.css";
import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { BrowserRouter } from "react-router";
import { App } from "./App.tsx";
import { queryClient } from "./api/queries.ts";
import { language, start } from "./i18n/index.ts";
import { Notices } from "./ui/Notices.tsx";
import { theme, variables } from "./ui/theme.ts";

start(language(window.location.search));

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");

createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto">
      <Notices />
      <QueryClientProvider client={queryClient}>
        <BrowserRouter>
          <App />
        </BrowserRouter>
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
