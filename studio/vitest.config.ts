import { defineConfig, mergeConfig } from "vitest/config";
import vite from "./vite.config";

const test = { environment: "happy-dom", include: ["tests/**/*.test.{ts,tsx}"], setupFiles: ["tests/setup.ts"] };

export default mergeConfig(vite, defineConfig({ test }));
