/** One item's preview as an element: picture, text, cells, or why there is none. */
import "./preview.css";
import type { Card, Preview } from "../kernel/schema";
import { shortId } from "../kernel/words";
import type { Session } from "../session/session";
import { h } from "./dom";

/** Show a preview that is already here. `urlFor` makes the picture's object URL. */
function showPreview(preview: Preview, urlFor: (blob: Blob) => string): HTMLElement {
  switch (preview.kind) {
    case "image": {
      const picture = h("img", {
        class: "dqx-preview",
        src: urlFor(preview.blob),
        alt: "",
        draggable: false,
      });
      // Tiny pictures stay crisp; photographs are smoothed.
      if (Math.max(preview.width, preview.height) <= 64) picture.classList.add("dqx-pixelated");
      return picture;
    }
    case "text":
    case "vector":
      return h("div", { class: "dqx-preview dqx-preview-text", text: preview.text });
    case "table":
      return h(
        "dl",
        { class: "dqx-preview dqx-preview-table" },
        ...preview.cells.flatMap(([name, value]) => [
          " ",
          h(
            "div",
            { class: "dqx-preview-cell" },
            h("dt", { text: name, title: name }),
            " ",
            h("dd", { text: value, title: value }),
          ),
        ]),
      );
    case "error":
      return h("div", { class: "dqx-preview dqx-preview-error", text: preview.message });
  }
}

/** What a preview says in words: nothing of a picture. */
export function wordsOf(preview: Preview): string {
  switch (preview.kind) {
    case "image":
      return "";
    case "table":
      return preview.cells.map(([name, value]) => `${name} ${value}`).join(" ");
    case "error":
      return preview.message;
    default:
      return preview.text;
  }
}

/** The item's large preview; `release` frees its picture. */
export function previewOf(card: Card): { element: HTMLElement; release: () => void } {
  const urls: string[] = [];
  const element = showPreview(card.preview, (blob) => {
    const url = URL.createObjectURL(blob);
    urls.push(url);
    return url;
  });
  if (element instanceof HTMLImageElement) element.alt = `picture, ${card.name || shortId(card.id)}`;
  else if (card.preview.kind !== "error") {
    // It may scroll: then the keyboard must reach it.
    element.tabIndex = 0;
    element.setAttribute("role", "group");
    element.setAttribute("aria-label", "preview of the item");
  }
  return {
    element,
    release: () => {
      for (const url of urls) URL.revokeObjectURL(url);
    },
  };
}

/** An item's small preview, filled in when it arrives; empty until then. */
export function thumbnail(session: Session, item: number): HTMLElement {
  const box = h("div", { class: "dqx-thumb" });
  session.previews.get(item).then(
    (preview) => box.replaceChildren(showPreview(preview, (blob) => session.previews.url(item, blob))),
    (error: Error) => box.replaceChildren(showPreview({ kind: "error", message: error.message }, () => "")),
  );
  return box;
}
