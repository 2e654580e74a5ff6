/** Builds the page into Azora's ignored data folder, from where the app serves it. */
import { defineConfig } from "vite";

export default defineConfig({
  base: "/graphiql/",
  build: {
    outDir: process.env["AZORA_GRAPHIQL_OUT"] ?? "../../.azora/graphiql",
    emptyOutDir: true,
    sourcemap: false,
    // Everything is a file of its own: the page's policy forbids inline scripts and data: fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The editor alone is larger than the limit that Vite warns at.
    chunkSizeWarningLimit: 4096,
    rolldownOptions: {
      onLog(level, log, report) {
        // Libraries mark server and client modules, which means nothing in a page of its own.
        if (log.code !== "MODULE_LEVEL_DIRECTIVE") report(level, log);
      },
    },
  },
  worker: { format: "es" },
});
