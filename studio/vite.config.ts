import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const SERVER = process.env.LAZULI_URL ?? "http://127.0.0.1:8780";

export default defineConfig({
  base: "/studio/",
  plugins: [react()],
  resolve: { alias: { "@": new URL("./src", import.meta.url).pathname } },
  build: {
    outDir: process.env.STUDIO_OUT ?? "../src/lazuli/server/built",
    emptyOutDir: true,
    target: "es2023",
    chunkSizeWarningLimit: 4000, // Monaco and ECharts load where they are shown, the first load is measured elsewhere
    modulePreload: { polyfill: false },
    // What every page needs is one file: as eighty it is packed worse, and each is asked for.
    rolldownOptions: {
      output: { codeSplitting: { groups: [{ name: "core", test: /studio\/src\/main\.tsx/ }] } },
    },
  },
  server: {
    port: 5180,
    // The server refuses foreign Hosts and Origins, so the proxy speaks as the page would.
    proxy: {
      "^/(subscriptions|endpoints|shown|packaged|openapi.json|schemas|studio/session)": {
        target: SERVER,
        changeOrigin: true,
        headers: { origin: SERVER },
      },
    },
  },
});
