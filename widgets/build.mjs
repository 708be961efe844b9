// Bundles every panel into explorer/static/widget.{js,css}. `--watch` rebuilds on each save, for hot reload.
import { mkdirSync } from "node:fs";
import { context } from "esbuild";

const out = new URL("../explorer/static/", import.meta.url).pathname.replace(/^\/([A-Za-z]:)/, "$1");
mkdirSync(out, { recursive: true });

const bundle = await context({
  entryPoints: { widget: "index.ts" },
  absWorkingDir: import.meta.dirname,
  outdir: out,
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: !process.argv.includes("--watch"),
  legalComments: "none",
  logLevel: "info",
});

if (process.argv.includes("--watch")) {
  await bundle.watch();
} else {
  await bundle.rebuild();
  await bundle.dispose();
}
