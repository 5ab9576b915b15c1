// Builds the page into the Python package; in development, serves it beside a running `oqu serve`.
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const server = "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [react()],
  define: { global: "globalThis" }, // plotly.js asks for it; the build would not tell
  build: {
    outDir: "../server/static",
    emptyOutDir: true,
    target: "es2022",
    cssTarget: ["chrome123", "firefox120", "safari17.5"], // they know light-dark()
    chunkSizeWarningLimit: 2000, // the charts' chunk is loaded when a figure is first shown
  },
  server: { proxy: { "/api": { target: server, ws: true, changeOrigin: true } } },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/test-setup.ts"],
    restoreMocks: true,
  },
});
