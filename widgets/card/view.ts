/** What a view of the item is, whatever its kind. */
export interface ItemView {
  element: HTMLElement;
  /** Let go of what it holds. */
  release(): void;
  /** Make it fit the room that it has now. */
  fit(): void;
  /** Turn to another page; whether there was one. */
  turn?(by: 1 | -1): boolean;
  /** Buttons that show more of it, for the line of why. */
  doors?: readonly HTMLElement[];
}
