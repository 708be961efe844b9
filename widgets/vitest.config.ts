import { defineConfig } from "vitest/config";

export default defineConfig({ test: { setupFiles: ["./core/settle.setup.ts"] } });
