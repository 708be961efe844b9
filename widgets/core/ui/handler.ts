/**
 * What keys do inside a widget. What a session can do is done here; what only a panel can do (draw a lasso, pan, show help)
 * goes out as the topic `command`.
 */
import {
  acceptSuggestion,
  classOfKey,
  keep,
  keepTheirs,
  leaveOut,
  mark,
  nextConflict,
  relabel,
  toggleReason,
  useMine,
} from "../session/actions";
import { commonLabel, keepOne, labelCopies } from "../session/copies";
import { growthOf } from "../session/growth";
import type { Session } from "../session/session";
import { command } from "./command";
import { isTyping } from "./dom";
import { fence } from "./fence";
import { hasKeyboard, showKeyboard } from "./keyboard";
import { type Binding, bindingOf, REASON_OF_KEY } from "./keys";

/** Make keys work anywhere inside a widget's root element, keep them there, and show when they work. */
export function bindKeys(root: HTMLElement, session: Session, signal: AbortSignal): void {
  if (!root.hasAttribute("tabindex")) root.tabIndex = 0;
  fence(root, signal);
  showKeyboard(root, signal);
  root.addEventListener(
    "keydown",
    (event) => {
      if (isTyping(event)) return;
      const binding = bindingOf(event);
      if (!binding || (pressesTarget(event) && (event.key === "Enter" || event.key === " "))) return;
      if (!divert(binding, root) && !run(binding, event, root, session)) return;
      event.preventDefault();
    },
    { signal },
  );
  // A button clicked with the mouse would keep the focus, and Enter would then press it again instead of accepting.
  root.addEventListener(
    "click",
    (event) => {
      const button = event.target instanceof Element ? event.target.closest("button") : null;
      if (event.detail > 0 && button && hasKeyboard(button)) root.focus({ preventScroll: true });
    },
    { signal },
  );
}

/**
 * Whether something lies over the card that decides by keys of its own (the merge view): a decision pressed beside it
 * would be about an item whose card nobody sees, so it only gives the keyboard to what lies there.
 */
function divert(binding: Binding, root: HTMLElement): boolean {
  if (binding.group !== "Decide" && binding.group !== "Reasons") return false;
  const cover = root.querySelector<HTMLElement>("[data-dqx-cover]");
  cover?.focus({ preventScroll: true });
  return cover !== null;
}

/** Do what a binding says; whether anything took it. */
function run(binding: Binding, event: KeyboardEvent, root: HTMLElement, session: Session): boolean {
  // A held key may walk the queue, but must not decide about one item after another.
  const walks = /^(next|previous|pan|zoom)/.test(binding.name);
  if (event.repeat && !walks) return true;
  switch (binding.name) {
    case "accept":
      acceptSuggestion(session);
      return true;
    case "keep":
      keep(session);
      return true;
    case "leave-out":
      leaveOut(session);
      return true;
    case "keep-one":
      return keepOne(session);
    case "label-copies": {
      const code = commonLabel(session);
      return code >= 0 && labelCopies(session, session.className(code));
    }
    case "grow":
      void growthOf(session).grow();
      return true;
    case "reason": {
      const reason = REASON_OF_KEY.get(event.key.toLowerCase()) ?? "";
      return hasReason(session, reason) && toggleReason(session, reason);
    }
    case "theirs":
      return keepTheirs(session);
    case "mine":
      return useMine(session);
    case "conflict":
      return nextConflict(session);
    case "undo":
      void session.undo();
      return true;
    case "next":
      session.step(1);
      return true;
    case "previous":
      session.step(-1);
      return true;
    case "label": {
      const code = classOfKey(session.classes, event.key);
      if (code >= 0) relabel(session, session.className(code));
      return code >= 0;
    }
    case "find-label": {
      if (command(binding.name, root, session)) return true;
      const input = root.querySelector<HTMLElement>('[data-dqx="label-input"]');
      input?.focus();
      return input !== null;
    }
    case "escape": {
      if (command(binding.name, root, session)) return true;
      return session.peel();
    }
    default:
      if (binding.group !== "Reasons") return command(binding.name, root, session);
      if (hasReason(session, binding.name)) mark(session, binding.name);
      return true;
  }
}

/** Whether the kernel takes this reason. */
function hasReason(session: Session, reason: string): boolean {
  return session.hello?.reasons.includes(reason) ?? false;
}

/** Whether Enter or Space on the event's target already means pressing it. */
function pressesTarget(event: Event): boolean {
  const target = event.composedPath()[0];
  return (
    target instanceof Element && target.closest("button, a, summary, [role=option], [role=tab]") !== null
  );
}
