/** How much room a tile has. */
import type { Session } from "../core/session/session";

export interface TileSize {
  width: number;
  height: number;
  /** Height of the picture or the text. */
  picture: number;
  /** Whether the labels take two lines. */
  long: boolean;
  /** Whether the items are told by words: a card with some lines of them, and the labels in one line. */
  words: boolean;
}

const LINE = 15;
/** Names of so many letters go beside another in the width of a picture. */
const SHORT = 3;

/**
 * Room for a tile: pictures with short labels in one line, with longer ones in two; words need width.
 *
 * @param low whether the tiles have one row of little height, as below the item in the explorer.
 */
export function tileSize(session: Session, low: boolean): TileSize {
  const dataset = session.hello?.dataset;
  if (dataset && dataset.kind !== "image")
    return { width: 164, height: 3 * LINE + LINE + 14, picture: 3 * LINE, long: false, words: true };
  const names = (dataset?.classes ?? []).slice(0, 500);
  const long = (dataset?.unlabelled ?? 0) > 0 || names.some((name) => name.length > SHORT);
  const labels = (long ? 2 : 1) * LINE + 2;
  const picture = low ? 90 - labels : 84;
  return { width: 84, height: picture + labels, picture, long, words: false };
}
