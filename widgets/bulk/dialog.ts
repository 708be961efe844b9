/**
 * The dialog before a decision on many items: what would change, by class, and what somebody had decided, which is left
 * out unless it is ticked. It acts on what it shows: where labels or scores change meanwhile, it counts anew first.
 */
import "./bulk.css";
import type { Outlook } from "../core/kernel/schema";
import { Disconnected, LOST } from "../core/kernel/transport";
import { sentence } from "../core/kernel/words";
import { classOfKey } from "../core/session/actions";
import type { Session } from "../core/session/session";
import type { PanelCommand } from "../core/state/topics";
import { h, isTyping, key } from "../core/ui/dom";
import { isFor, panelKey, printed } from "../core/ui/keys";
import { makePane } from "../core/ui/pane";
import { makePicker } from "../core/ui/picker";
import { onTheme } from "../core/ui/theme";
import { type BulkAction, changing, decidedIn, editOf, itemsInScope, type Plan, takesMany } from "./plan";
import { makeTable } from "./table";
import { decidersOf, goOf, sentenceOf } from "./words";

const ACTIONS: readonly (readonly [BulkAction, string, string])[] = [
  ["accept", "Accept suggestions", "B"],
  ["relabel", "Relabel to…", "R"],
  ["keep", "Keep given", "K"],
  ["leave_out", "Leave out", "O"],
];
/** The commands that open it, and what each begins with. */
const WISHES: Record<string, { action: BulkAction; chosen: boolean }> = {
  "accept-all": { action: "accept", chosen: false },
  "relabel-all": { action: "relabel", chosen: false },
  "keep-all": { action: "keep", chosen: false },
  "leave-out-all": { action: "leave_out", chosen: false },
  "relabel-chosen": { action: "relabel", chosen: true },
};

/** Make the dialog, hidden; it opens at a command given inside `root`. */
export function makeBulkDialog(root: HTMLElement, session: Session, signal: AbortSignal): HTMLElement {
  return new BulkDialog(root, session, signal).element;
}

class BulkDialog {
  readonly element: HTMLElement;
  private readonly pane;
  private readonly picker;
  private readonly actions: readonly HTMLButtonElement[];
  private readonly words = h("p", { class: "dqx-bulk-words", role: "status", data: { dqx: "bulk-words" } });
  private readonly choice = h("div", { class: "dqx-bulk-label" });
  private readonly table = h("div", { class: "dqx-bulk-changes" });
  private readonly tick = h("input", { type: "checkbox", data: { dqx: "bulk-decided" } });
  private readonly ticked = h("span");
  private readonly ticking = h("label", { class: "dqx-bulk-tick" }, this.tick, this.ticked, key("I"));
  private readonly goText = h("span");
  private readonly go;
  private items: number[] = [];
  private plan: Plan = { action: "accept", label: null, decided: false };
  /** What the kernel says of the plan; null while it is asked. */
  private found: Outlook | null = null;
  private turn = 0;
  private recounting = false;
  private home: ParentNode | null = null;

  constructor(
    private readonly root: HTMLElement,
    private readonly session: Session,
    private readonly signal: AbortSignal,
  ) {
    this.actions = ACTIONS.map(([action, text, print]) =>
      h(
        "button",
        {
          class: "dqx-button",
          type: "button",
          data: { dqx: "bulk-action", action },
          on: { click: () => this.choose(action) },
        },
        text,
        key(print),
      ),
    );
    this.picker = makePicker(
      () => session.classes,
      (name, isNew) => this.relabelTo(name, isNew),
      () => this.element.focus({ preventScroll: true }),
    );
    this.picker.input.dataset.dqx = "bulk-label";
    this.picker.input.placeholder = "Label…";
    this.choice.append(this.picker.element, this.picker.list);
    this.go = h(
      "button",
      {
        class: "dqx-button dqx-primary",
        type: "button",
        data: { dqx: "bulk-go" },
        on: { click: () => this.act() },
      },
      this.goText,
      key(printed("accept")),
    );
    const leave = h(
      "button",
      {
        class: "dqx-button",
        type: "button",
        data: { dqx: "bulk-leave" },
        on: { click: () => this.pane.show(false) },
      },
      "Leave",
      key(printed("escape")),
    );
    this.element = h(
      "section",
      {
        class: "dqx-bulk",
        role: "dialog",
        tabIndex: -1,
        hidden: true,
        data: { dqx: "bulk" },
        aria: { label: "Decide about many items" },
      },
      h("div", { class: "dqx-bulk-head", role: "group", aria: { label: "What to do" } }, ...this.actions),
      this.choice,
      this.words,
      this.table,
      this.ticking,
      h("div", { class: "dqx-bulk-foot" }, this.go, leave),
    );
    this.tick.addEventListener("change", () => this.include(this.tick.checked));
    this.element.addEventListener("keydown", (event) => this.pressed(event));
    this.pane = makePane(this.element, { root, session, signal, changed: (on) => this.changed(on) });
    session.on("command", (wish) => this.obey(wish), signal);
    session.on("labels", () => this.recount(), signal);
    session.on("scores", () => this.recount(), signal);
    onTheme(() => this.show(), signal);
    // Other items: those that were chosen may be others now.
    session.on("hello", () => this.pane.show(false), signal);
  }

  private obey(wish: PanelCommand): void {
    const begin = WISHES[wish.name];
    if (!begin || wish.taken || !isFor(this.root, wish.from)) return;
    wish.taken = true;
    const { session } = this;
    if (!begin.chosen && !takesMany(session)) {
      const text = "Random checks are decided one by one: an answer without a look would be none.";
      session.emit("notice", { kind: "info", text, remedy: "Pick items to decide about many." });
      return;
    }
    this.items = begin.chosen ? [...session.chosen] : itemsInScope(session);
    this.plan = { action: begin.action, label: null, decided: false };
    this.home ??= this.element.parentElement;
    // What is in full screen hides everything beside it.
    const full = (this.root.getRootNode() as Document | ShadowRoot).fullscreenElement;
    const place = full && this.root.contains(full) ? full : this.home;
    if (place && this.element.parentElement !== place) place.append(this.element);
    this.pane.show(true);
    this.ask();
  }

  private changed(on: boolean): void {
    // What decides by key would be about an item beside it.
    if (on) this.element.dataset.dqxCover = "";
    else {
      delete this.element.dataset.dqxCover;
      // The card lay under it: it has to be drawn before the next key is about its item.
      this.session.sight.decided();
      this.turn++;
      this.found = null;
      this.items = [];
    }
  }

  private pressed(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey || event.key === "Escape" || event.key === "Tab")
      return;
    const target = event.target as HTMLElement;
    if (isTyping(event) && target !== this.tick) return;
    // On a button of its own Enter and Space press that one.
    if (/^(Enter| )$/.test(event.key) && target.closest("button") && target !== this.go) return;
    if (event.key === " ") return;
    event.stopPropagation();
    event.preventDefault();
    if (event.repeat) return;
    const name = panelKey("Bulk", event.key.length === 1 ? event.key.toLowerCase() : event.key);
    if (name === "go") this.act();
    else if (name === "decided") this.include(!this.plan.decided);
    else if (name === "find-label") this.choose("relabel", true);
    else if (name === "label") {
      const code = classOfKey(this.session.classes, event.key);
      if (code >= 0) this.relabelTo(this.session.className(code), false);
    } else if (name) this.choose(name, name === "relabel" && this.plan.action === "relabel");
  }

  private choose(action: BulkAction, find = false): void {
    if (action !== this.plan.action) {
      this.plan = { ...this.plan, action };
      this.ask();
    }
    if (find) this.picker.input.focus();
  }

  private relabelTo(name: string, isNew: boolean): void {
    if (isNew) {
      this.say(`“${name}” is no class yet: give it to one item first.`);
      return;
    }
    this.plan = { ...this.plan, action: "relabel", label: name };
    this.ask();
  }

  private include(on: boolean): void {
    if (this.found === null || decidedIn(this.found) === 0) return;
    this.plan = { ...this.plan, decided: on };
    this.show();
  }

  /** Labels or scores have changed: once a turn, and only while somebody looks. */
  private recount(): void {
    if (!this.pane.open || this.recounting) return;
    this.recounting = true;
    this.turn++;
    this.found = null;
    queueMicrotask(() => {
      this.recounting = false;
      if (this.pane.open && !this.signal.aborted) this.ask();
    });
  }

  /** Ask the kernel what the plan would change. */
  private ask(): void {
    const { session, plan, items } = this;
    const mine = ++this.turn;
    this.found = null;
    const order = session.labels?.order;
    if (plan.action === "relabel" && plan.label === null) this.say("Choose the label: a digit, or type it.");
    else if (items.length === 0 || order === undefined) this.say("There are no items to decide about.");
    else {
      this.say("Counting what would change …");
      const label = plan.action === "relabel" && plan.label !== null ? { label: plan.label } : {};
      session.transport.call("outlook", { action: plan.action, items, order, ...label }).then(
        (found) => {
          if (mine !== this.turn) return;
          this.found = found;
          this.show();
        },
        (error: unknown) => {
          if (mine !== this.turn) return;
          this.say(error instanceof Disconnected ? LOST : (error as Error).message);
        },
      );
    }
  }

  /** Say something instead of what would change; nothing can be done meanwhile. */
  private say(text: string): void {
    this.fill(text);
    this.table.replaceChildren();
    this.ticking.hidden = true;
    this.goText.textContent = "Change labels";
    this.go.disabled = true;
  }

  private show(): void {
    const { found, plan, session } = this;
    if (!found) return;
    this.fill(sentence(sentenceOf(plan, found)));
    this.table.replaceChildren(makeTable(session, found, plan.decided));
    this.ticking.hidden = decidedIn(found) === 0;
    this.ticked.textContent = decidersOf(found);
    this.tick.checked = plan.decided;
    this.goText.textContent = goOf(plan, found);
    this.go.disabled = changing(found, plan.decided) === 0;
  }

  private fill(text: string): void {
    this.words.textContent = text;
    this.choice.hidden = this.plan.action !== "relabel";
    for (const [i, [action]] of ACTIONS.entries())
      this.actions[i]?.setAttribute("aria-pressed", String(action === this.plan.action));
  }

  /** Do what is shown: one edit. */
  private act(): void {
    const { found, plan, session } = this;
    if (!found || changing(found, plan.decided) === 0) return;
    // Nothing can be decided: what is picked stays for when it can.
    if (session.transport.gone) {
      session.emit("kernel", "gone");
      return;
    }
    const { action, items, options } = editOf(plan, found, (code) => session.className(code));
    this.pane.show(false);
    session.edit(action, items, options);
    // They are done with.
    session.picks.clear();
    // On to the first open item, where the present one has been decided on with the others.
    const [open] = session.upcoming(1);
    if (open !== undefined && session.current !== null && session.isReviewed(session.current))
      session.select(open);
  }
}
