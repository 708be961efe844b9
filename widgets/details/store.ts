/** The store: who decides, on which branch, in which files, and what the results were made with. */

import type { StoreReply } from "../core/kernel/schema";
import { Disconnected } from "../core/kernel/transport";
import { h } from "../core/ui/dom";
import type { Place, Section } from "../core/ui/section";
import { makeTable } from "../core/ui/table";

export function makeStore({ session, signal }: Place): Section {
  const element = h("div", { data: { dqx: "store" } });
  let turn = 0;
  const load = async (): Promise<void> => {
    const mine = ++turn;
    if (!element.firstChild) say("Looking at the store …");
    try {
      const found = await session.transport.call("store");
      if (mine === turn && !signal.aborted) element.replaceChildren(...parts(found));
    } catch (error) {
      if (mine !== turn || signal.aborted) return;
      const text = error instanceof Disconnected ? "no kernel is connected." : (error as Error).message;
      say(`The store could not be looked at: ${text}`);
    }
  };
  const say = (text: string): void => {
    element.replaceChildren(h("p", { class: "dqx-muted", role: "status", text }));
  };
  session.on(
    "hello",
    () => {
      if (element.firstChild && !element.closest("[hidden]")) void load();
    },
    signal,
  );
  return { element, shown: () => void load() };
}

function parts(found: StoreReply): Node[] {
  const where = found.temporary
    ? 'Labels go to a temporary file, which the system deletes some day. To keep them, name a store: Review(…, store="my.labels.db").'
    : `Labels go to ${found.name}.`;
  const files = found.files.map((file) => [file.name, size(file.bytes), file.about]);
  const pairs = (values: Record<string, string>): string[][] => Object.entries(values);
  return [
    h("p", { text: `${where} You decide as ${found.rater}, on the branch ${found.branch}.` }),
    ...(files.length > 0
      ? [
          h("h4", { text: "Files" }),
          h("p", {
            class: "dqx-muted",
            text: `In ${found.folder}. To move or copy the store, take all of them.`,
          }),
          makeTable("Files", ["file", "size", "what it is"], files, "store-files"),
        ]
      : []),
    h("h4", { text: "Made with" }),
    makeTable("Versions", ["what", "version"], pairs(found.versions), "store-versions"),
    makeTable("Options", ["option", "value"], pairs(found.options), "store-options"),
  ];
}

/** "12 kB", "3.4 MB". */
export function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${Math.round(bytes / 1000)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
