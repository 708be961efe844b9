/** Fetches plotly.js from the kernel, once a page, when the first chart is drawn; nothing comes from a network. */

import { freshId } from "../core/kernel/wire";
import type { Session } from "../core/session/session";

export interface Plotly {
  react(
    holder: HTMLElement,
    data: unknown[],
    layout: Record<string, unknown>,
    config: Record<string, unknown>,
  ): Promise<unknown>;
  purge(holder: HTMLElement): void;
}

/** The page's plotly; every copy of the bundle on the page shares it. */
export function plotly(session: Session): Promise<Plotly> {
  const page = globalThis as unknown as Record<symbol, Promise<Plotly> | undefined>;
  const key = Symbol.for("data-quality-explorer.plotly.1");
  const known = page[key];
  if (known) return known;
  const loading = session.transport
    .call("plotly")
    .then(({ script }) => run(script))
    .catch((error: unknown) => {
      // A later chart may try again: the kernel may have been restarted.
      page[key] = undefined;
      throw error;
    });
  page[key] = loading;
  return loading;
}

/**
 * Run the script as a CommonJS module of its own: a page with RequireJS would otherwise take it as an anonymous AMD
 * module, and another extension's plotly, perhaps of another version, must stay in its place.
 */
async function run(script: Blob): Promise<Plotly> {
  const page = globalThis as unknown as Record<string, unknown>;
  const slot = `dqx_plotly_${freshId()}`;
  const module: { exports: Partial<Plotly> } = { exports: {} };
  page[slot] = module;
  const before = page.Plotly;
  const url = URL.createObjectURL(
    new Blob(
      [
        "(function (define, exports, module) {\n",
        script,
        `\n})(undefined, undefined, globalThis[${JSON.stringify(slot)}]);`,
      ],
      { type: "text/javascript" },
    ),
  );
  try {
    await new Promise<void>((resolve, reject) => {
      const element = document.createElement("script");
      element.src = url;
      element.onload = () => resolve();
      element.onerror = () => reject(new Error("The browser did not run plotly.js; the page may forbid it."));
      document.head.append(element);
      element.remove();
    });
    const loaded = module.exports.react ? module.exports : (page.Plotly as Partial<Plotly> | undefined);
    if (!loaded?.react || !loaded.purge)
      throw new Error("The kernel's plotly.js does not offer what charts need.");
    return loaded as Plotly;
  } finally {
    URL.revokeObjectURL(url);
    delete page[slot];
    if (before === undefined) delete page.Plotly;
    else page.Plotly = before;
  }
}
