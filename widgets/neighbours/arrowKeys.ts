/** Arrow keys on one of several marks: one stop in the tab order for all of them. */

/** Go to the next mark of the stage, in the order in which they stand there, and from the last to the first. */
export function walk(event: KeyboardEvent, stage: HTMLElement, marks: string): void {
  const steps: Record<string, number> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  const step = steps[event.key];
  if (step === undefined || event.shiftKey || !(event.target instanceof HTMLElement)) return;
  const all = [...stage.querySelectorAll<HTMLElement>(marks)];
  const at = all.indexOf(event.target);
  if (at < 0) return;
  const next = all[(at + step + all.length) % all.length] as HTMLElement;
  for (const each of all) each.tabIndex = each === next ? 0 : -1;
  next.focus();
  event.preventDefault();
  event.stopPropagation();
}
