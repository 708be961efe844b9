/**
 * Fields with a button that sends them, also by Enter in a field. No form: a host that sandboxes the widget without
 * `allow-forms` blocks its submission.
 */

/** Send by the button, and by Enter in a field of the group. */
export function sendsBy(group: HTMLElement, button: HTMLButtonElement, send: () => void): void {
  button.type = "button";
  button.addEventListener("click", send);
  group.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.repeat || event.isComposing) return;
    if (!(event.target instanceof HTMLInputElement)) return;
    event.preventDefault();
    send();
  });
}
