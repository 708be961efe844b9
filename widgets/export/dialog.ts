/**
 * Export on the screen: which file, how much it would hold, said before; where it lies and the line of Python that
 * does the same, said after. A file that is there is replaced only where that is ticked.
 */
import "./export.css";
import type { Calls, ExportFormat, ExportOutlook, ExportReply } from "../core/kernel/schema";
import { messageOf } from "../core/kernel/transport";
import type { Session } from "../core/session/session";
import { isFor } from "../core/ui/command";
import { h, key } from "../core/ui/dom";
import { printed } from "../core/ui/keys";
import { makePane, type Pane } from "../core/ui/pane";
import { FORMATS, formatOf, nameFor, withFormat } from "./name";
import { extentOf, thereOf, waitingOf } from "./words";

/** What the file may hold besides; offered where there is something of it. */
const MORE = [
  ["votes", "votes of raters"],
  ["columns", "your other columns"],
  ["soft", "how likely each class is"],
  ["weights", "a weight for training"],
] as const;

/** Typing comes in bursts, and so do decisions. */
const SOON_MS = 150;

/** Make the dialog, hidden; the command "export", given inside `root`, opens it and closes it. */
export function makeExport(root: HTMLElement, session: Session, signal: AbortSignal): HTMLElement {
  return new ExportDialog(root, session, signal).element;
}

class ExportDialog {
  readonly element: HTMLElement;
  private readonly pane: Pane;
  private readonly name = h("input", {
    class: "dqx-export-name",
    type: "text",
    spellcheck: false,
    autocomplete: "off",
    data: { dqx: "export-name" },
    on: { input: () => this.renamed() },
  });
  private readonly format = h(
    "select",
    { data: { dqx: "export-format" }, on: { change: () => this.rename() } },
    ...FORMATS.map(([value, text]) => h("option", { value, text })),
  );
  private readonly where = h("p", { class: "dqx-export-where", data: { dqx: "export-where" } });
  private readonly only = this.makeTick("export-changed");
  private readonly drop = this.makeTick("export-drop");
  private readonly replace = this.makeTick("export-replace");
  private readonly more = MORE.map(([name, text]) => {
    const tick = this.makeTick(`export-${name}`);
    return { name, tick, label: h("label", { class: "dqx-export-tick", hidden: true }, tick, text) };
  });
  private readonly besides = h(
    "div",
    { class: "dqx-export-ticks", role: "group", hidden: true, aria: { label: "Columns besides the labels" } },
    h("span", { class: "dqx-muted", text: "also" }),
    ...this.more.map((each) => each.label),
  );
  private readonly there = h("span");
  private readonly replacing = h(
    "label",
    { class: "dqx-export-tick dqx-warn", hidden: true },
    this.replace,
    this.there,
  );
  private readonly words = h("p", {
    class: "dqx-export-words",
    role: "status",
    data: { dqx: "export-words" },
  });
  private readonly go = h("button", {
    class: "dqx-button dqx-primary",
    type: "button",
    data: { dqx: "export-go" },
    on: { click: () => void this.act() },
  });
  private readonly line = h("input", {
    class: "dqx-export-line",
    type: "text",
    readOnly: true,
    data: { dqx: "export-line" },
    aria: { label: "The same in Python" },
    on: { focus: () => this.line.select() },
  });
  private readonly copy = h("button", {
    class: "dqx-button",
    type: "button",
    data: { dqx: "export-copy" },
    on: { click: () => void this.copyLine() },
  });
  private readonly python = h(
    "div",
    { class: "dqx-export-row", hidden: true },
    h("span", { text: "The same in Python" }),
    this.line,
    this.copy,
  );
  /** What the kernel says of the file as it is named; null while it is asked. */
  private outlook: ExportOutlook | null = null;
  private turn = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private writing = false;

  constructor(
    root: HTMLElement,
    private readonly session: Session,
    private readonly signal: AbortSignal,
  ) {
    const close = h(
      "button",
      {
        class: "dqx-button",
        type: "button",
        data: { dqx: "export-close" },
        on: { click: () => this.pane.show(false) },
      },
      "Close",
      key(printed("escape")),
    );
    const element = h(
      "section",
      {
        class: "dqx-export",
        role: "dialog",
        tabIndex: -1,
        hidden: true,
        data: { dqx: "export-dialog" },
        aria: { label: "Export the labels" },
      },
      h("div", { class: "dqx-export-head" }, h("strong", { text: "Export the labels" }), close),
      h(
        "div",
        { class: "dqx-export-row" },
        h("label", { class: "dqx-export-field" }, "File", this.name),
        h("label", { class: "dqx-export-field" }, "Format", this.format),
      ),
      this.where,
      h(
        "div",
        { class: "dqx-export-ticks" },
        h("label", { class: "dqx-export-tick" }, this.only, "only what was changed"),
        h("label", { class: "dqx-export-tick" }, this.drop, "without those left out"),
        this.replacing,
      ),
      this.besides,
      this.words,
      this.python,
      h("div", { class: "dqx-export-foot" }, this.go),
    );
    this.element = element;
    this.pane = makePane(element, { root, session, signal, changed: (on) => this.shown(on) });
    element.addEventListener("keydown", (event) => this.pressed(event));
    session.on(
      "command",
      (wish) => {
        if (wish.name !== "export" || wish.taken || !isFor(root, wish.from)) return;
        wish.taken = true;
        this.pane.show(!this.pane.open);
      },
      signal,
    );
    const recount = (): void => {
      if (this.pane.open && this.python.hidden) this.soon();
    };
    session.on("labels", recount, signal);
    session.on("unsaved", recount, signal);
    session.on("kernel", recount, signal);
    signal.addEventListener("abort", () => clearTimeout(this.timer), { once: true });
  }

  private makeTick(hook: string): HTMLInputElement {
    return h("input", { type: "checkbox", data: { dqx: hook }, on: { change: () => this.changed() } });
  }

  private shown(on: boolean): void {
    const { element, session } = this;
    if (!on) {
      delete element.dataset.dqxCover;
      // The card lay under it: it has to be drawn before the next key is about its item.
      session.sight.decided();
      this.turn++;
      return;
    }
    // What decides by key would be about an item beside it.
    element.dataset.dqxCover = "";
    if (!this.name.value.trim() && session.hello) this.name.value = nameFor(session.hello.store);
    this.changed(0);
  }

  private pressed(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey || event.key === "Escape" || event.key === "Tab")
      return;
    event.stopPropagation();
    if (event.key !== "Enter" || event.repeat || !(event.target as Element).matches("input, section")) return;
    event.preventDefault();
    if (event.target !== this.line) void this.act();
  }

  /** The format was chosen: the name follows it. */
  private rename(): void {
    this.name.value = withFormat(this.name.value, this.format.value as ExportFormat);
    this.renamed();
  }

  /** It is another file: that the one before may be replaced says nothing of it. */
  private renamed(): void {
    this.replace.checked = false;
    this.changed();
  }

  /** Something about the file is another: what was said of it holds no more. */
  private changed(wait = SOON_MS): void {
    const said = formatOf(this.name.value);
    if (said) this.format.value = said;
    this.python.hidden = true;
    this.soon(wait);
  }

  private soon(wait = SOON_MS): void {
    clearTimeout(this.timer);
    this.turn++;
    this.outlook = null;
    this.show();
    this.timer = setTimeout(() => void this.ask(), wait);
  }

  private get args(): Calls["export"]["args"] {
    const path = this.name.value.trim();
    return {
      path,
      format: formatOf(path) === null ? (this.format.value as ExportFormat) : null,
      drop: this.drop.checked,
      changed: this.only.checked,
      replace: this.replace.checked,
      ...Object.fromEntries(this.more.flatMap(({ name, tick }) => (tick.checked ? [[name, true]] : []))),
    };
  }

  private async ask(): Promise<void> {
    const mine = ++this.turn;
    try {
      const found = await this.session.transport.call("export_outlook", this.args);
      if (mine !== this.turn || this.signal.aborted) return;
      if (!found.exists) this.replace.checked = false;
      this.offer(found.offers);
      this.outlook = found;
      this.show();
    } catch (error) {
      if (mine === this.turn && !this.signal.aborted) this.say(messageOf(error));
    }
  }

  private offer(offers: readonly string[]): void {
    for (const { name, tick, label } of this.more) {
      label.hidden = !offers.includes(name);
      if (label.hidden) tick.checked = false;
    }
    this.besides.hidden = offers.length === 0;
  }

  /** Say what would be written, and let it be written where it can. */
  private show(): void {
    const { outlook, go } = this;
    this.replacing.hidden = !outlook?.exists;
    if (!outlook) {
      this.say("Counting …");
      return;
    }
    this.where.textContent = outlook.path || `in ${outlook.folder}`;
    if (outlook.exists) this.there.textContent = thereOf(outlook);
    this.words.textContent =
      outlook.problem || [extentOf(outlook), waitingOf(this.session.unsaved)].filter(Boolean).join(" ");
    this.words.classList.toggle("dqx-warn", outlook.problem !== "");
    go.textContent = outlook.exists ? "Replace the file" : "Write the file";
    go.disabled = outlook.problem !== "" || (outlook.exists && !this.replace.checked);
  }

  /** Say something instead of what would be written; nothing can be written meanwhile. */
  private say(text: string): void {
    this.words.textContent = text;
    this.words.classList.remove("dqx-warn");
    this.go.textContent = "Write the file";
    this.go.disabled = true;
  }

  /** Write what is shown. */
  private async act(): Promise<void> {
    const { outlook, go, args } = this;
    if (!outlook || go.disabled || this.writing) return;
    this.writing = true;
    clearTimeout(this.timer);
    const mine = ++this.turn;
    this.say("Writing …");
    try {
      const reply = await this.session.transport.call("export", args);
      if (!this.signal.aborted) this.tell(reply);
    } catch (error) {
      if (mine === this.turn && !this.signal.aborted) {
        this.say(messageOf(error));
        this.words.classList.add("dqx-warn");
      }
    } finally {
      this.writing = false;
    }
  }

  private tell(reply: ExportReply): void {
    this.outlook = null;
    this.replace.checked = false;
    this.replacing.hidden = true;
    this.where.textContent = reply.path;
    this.say(`Written. ${extentOf(reply)}`);
    this.line.value = reply.line;
    this.copy.textContent = "Copy";
    this.python.hidden = false;
    // The button is off now, and would have let go of the keyboard.
    if (this.pane.open) this.line.focus({ preventScroll: true });
  }

  private async copyLine(): Promise<void> {
    this.line.focus({ preventScroll: true });
    this.line.select();
    try {
      await navigator.clipboard.writeText(this.line.value);
      this.copy.textContent = "Copied";
    } catch {
      // A page without a clipboard, or one that it may not use: the line is selected, and the browser's key copies it.
      this.copy.textContent = "Press Ctrl+C";
    }
  }
}
