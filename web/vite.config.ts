import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const API = process.env.NINEFOLD_URL ?? "http://127.0.0.1:9009";

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": new URL("./src", import.meta.url).pathname } },
  // The server puts a fresh word in its place, page by page: styles made in the browser carry it (see csp in app/App.tsx).
  html: { cspNonce: "NINEFOLD_NONCE" },
  build: {
    outDir: "../src/ninefold/console/built",
    emptyOutDir: true,
    // Browsers that know light-dark() and container queries; nothing is rewritten for older ones.
    target: ["chrome123", "edge123", "firefox120", "safari17.5"],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1200,
  },
  server: { proxy: { "/v1": API, "/docs": API, "/openapi.json": API } },
});
