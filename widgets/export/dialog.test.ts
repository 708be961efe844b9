// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ExportOutlook } from "../core/kernel/schema";
import { settled } from "../core/testing/mockModel";
import { start } from "../core/testing/mockSession";
import { command } from "../core/ui/command";
import { bindKeys } from "../core/ui/handler";
import { makeExport } from "./dialog";

let end = new AbortController();
beforeEach(() => localStorage.clear());
afterEach(() => end.abort());

const found = (changes: Partial<ExportOutlook> = {}): ExportOutlook => ({
  folder: "/work",
  path: "/work/six.corrected.csv",
  exists: false,
  size: 0,
  time: "",
  rows: 6,
  relabelled: 2,
  left_out: 1,
  offers: [],
  problem: "",
  ...changes,
});
const written = {
  path: "/work/six.corrected.csv",
  rows: 6,
  relabelled: 2,
  left_out: 1,
  line: "review.export('six.corrected.csv')",
};

async function open(answers = {}) {
  const made = await start({ export_outlook: () => found(), export: () => written, ...answers });
  end = made.end;
  const { session } = made;
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  root.append(makeExport(root, session, end.signal));
  bindKeys(root, session, end.signal);
  const find = <E extends HTMLElement = HTMLElement>(name: string) =>
    root.querySelector<E>(`[data-dqx="${name}"]`) as E;
  command("export", root, session);
  await counted();
  return { ...made, root, find };
}

/** Wait until what was typed has been asked about and answered. */
async function counted(): Promise<void> {
  await vi.waitFor(() => {
    const words = document.querySelector('[data-dqx="export-words"]')?.textContent ?? "";
    if (/^(Counting|Writing) …$|^$/.test(words)) throw new Error(words);
  });
  await settled();
}

function type(field: HTMLInputElement | HTMLSelectElement, value: string): void {
  field.value = value;
  field.dispatchEvent(new Event(field.tagName === "SELECT" ? "change" : "input"));
}

describe("the export", () => {
  it("says before where and how much, and after where it lies and the line of Python", async () => {
    const { find, model } = await open();
    expect(find("export-dialog").hidden).toBe(false);
    expect(find<HTMLInputElement>("export-name").value).toBe("six.corrected.csv");
    expect(find("export-where").textContent).toBe("/work/six.corrected.csv");
    expect(find("export-words").textContent).toBe("6 rows: 2 with another label than was given, 1 left out.");
    expect(model.count("export")).toBe(0);
    find("export-go").click();
    await counted();
    expect(model.last("export").args).toEqual({
      path: "six.corrected.csv",
      format: null,
      drop: false,
      changed: false,
      replace: false,
    });
    expect(find("export-words").textContent).toMatch(/^Written\. 6 rows/);
    expect(find<HTMLInputElement>("export-line").value).toBe(written.line);
    expect(find<HTMLButtonElement>("export-go").disabled).toBe(true);
    find("export-go").click();
    await settled();
    expect(model.count("export")).toBe(1);
  });

  it("asks anew for what is ticked and chosen, and the name follows the format", async () => {
    const { find, model } = await open();
    find<HTMLInputElement>("export-changed").click();
    find<HTMLInputElement>("export-drop").click();
    type(find<HTMLSelectElement>("export-format"), "parquet");
    expect(find<HTMLInputElement>("export-name").value).toBe("six.corrected.parquet");
    await counted();
    expect(model.last("export_outlook").args).toMatchObject({
      path: "six.corrected.parquet",
      format: null,
      drop: true,
      changed: true,
    });
    type(find<HTMLInputElement>("export-name"), "labels");
    await counted();
    expect(model.last("export_outlook").args).toMatchObject({ path: "labels", format: "parquet" });
    type(find<HTMLInputElement>("export-name"), "labels.jsonl");
    await counted();
    expect(find<HTMLSelectElement>("export-format").value).toBe("jsonl");
  });

  it("replaces a file only where that is ticked, and only that file", async () => {
    const there = ({ path }: Record<string, unknown>) =>
      found({ exists: path === "there.csv", size: 12_000 });
    const { find, model } = await open({ export_outlook: there });
    const replace = find<HTMLInputElement>("export-replace");
    const hidden = () => (replace.closest("label") as HTMLElement).hidden;
    expect(hidden()).toBe(true);
    type(find<HTMLInputElement>("export-name"), "there.csv");
    await counted();
    expect(hidden()).toBe(false);
    expect(replace.closest("label")?.textContent).toContain("12 kB");
    expect(find<HTMLButtonElement>("export-go").disabled).toBe(true);
    replace.click();
    await counted();
    expect(find<HTMLButtonElement>("export-go").disabled).toBe(false);
    expect(find("export-go").textContent).toBe("Replace the file");
    type(find<HTMLInputElement>("export-name"), "other.csv");
    type(find<HTMLInputElement>("export-name"), "there.csv");
    await counted();
    expect(replace.checked).toBe(false);
    expect(find<HTMLButtonElement>("export-go").disabled).toBe(true);
    replace.click();
    await counted();
    find("export-go").click();
    await counted();
    expect(model.last("export").args).toMatchObject({ path: "there.csv", replace: true });
  });

  it("says in words what is wrong, and writes nothing then", async () => {
    const problem = "The folder /nowhere does not exist. Make it first, or give another path.";
    const { find, model } = await open({ export_outlook: () => found({ path: "", problem }) });
    expect(find("export-words").textContent).toBe(problem);
    expect(find("export-where").textContent).toBe("in /work");
    expect(find<HTMLButtonElement>("export-go").disabled).toBe(true);
    find("export-name").dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
    await settled();
    expect(model.count("export")).toBe(0);
  });

  it("says what went wrong while it was written", async () => {
    const refused = () => {
      throw { type: "DataError", message: "No space left.", remedy: "Free some." };
    };
    const { find } = await open({ export: refused });
    find("export-go").click();
    await counted();
    expect(find("export-words").textContent).toBe("No space left. Free some.");
    expect(find("export-line").closest("div")?.hidden).toBe(true);
  });

  it("counts what waits apart, and decides nothing by its keys", async () => {
    const { find, model, session } = await open({ edit: undefined });
    session.edit("keep", [3]);
    await counted();
    expect(find("export-words").textContent).toContain("1 decision is not saved yet and would not be in it.");
    const edits = model.count("edit");
    for (const key of ["k", "x", "Enter", "1"])
      find("export-go").dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    await settled();
    expect(model.count("edit")).toBe(edits);
    find("export-name").dispatchEvent(
      new KeyboardEvent("keydown", { key: "Escape", bubbles: true, cancelable: true }),
    );
    expect(find("export-dialog").hidden).toBe(true);
  });

  it("opens at a command, and goes with its panel", async () => {
    const { find, root, session } = await open();
    find("export-close").click();
    expect(command("export", document.createElement("div"), session)).toBe(false);
    expect(command("export", root, session)).toBe(true);
    expect(find("export-dialog").hidden).toBe(false);
    expect(command("export", root, session)).toBe(true);
    expect(find("export-dialog").hidden).toBe(true);
  });

  it("copies the line, or says which key does", async () => {
    const { find } = await open();
    find("export-go").click();
    await counted();
    const writeText = vi.fn(async () => {});
    vi.stubGlobal("navigator", { clipboard: { writeText } });
    find("export-copy").click();
    await settled();
    expect(writeText).toHaveBeenCalledWith(written.line);
    expect(find("export-copy").textContent).toBe("Copied");
    vi.stubGlobal("navigator", {});
    find("export-copy").click();
    await settled();
    expect(find("export-copy").textContent).toBe("Press Ctrl+C");
    vi.unstubAllGlobals();
  });

  it("offers votes, other columns, soft labels and weights where there are any", async () => {
    const { find, model } = await open({ export_outlook: () => found({ offers: ["votes", "weights"] }) });
    const shown = ["votes", "columns", "soft", "weights"].filter(
      (name) => !find(`export-${name}`).closest("label")?.hidden,
    );
    expect(shown).toEqual(["votes", "weights"]);
    find("export-weights").click();
    await counted();
    expect(model.last("export_outlook").args).toMatchObject({ weights: true });
    expect(model.last("export_outlook").args).not.toHaveProperty("votes");
    find("export-go").click();
    await counted();
    expect(model.last("export").args).toMatchObject({ weights: true });
  });
});
