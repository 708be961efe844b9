/** Light or dark, as the host shows it, and the colours of labels in each. */

/** Ten hues told apart by colour-blind readers in both themes; classes beyond them cycle and add a shape. */
const LIGHT = [
  "#3b6fd8",
  "#e07b00",
  "#188a4e",
  "#d63a3a",
  "#8544c4",
  "#8c5543",
  "#cf4595",
  "#6b7280",
  "#8a8f00",
  "#0d97a6",
];
const DARK = [
  "#7aa2ff",
  "#ffb04d",
  "#57cf8a",
  "#ff7b72",
  "#bd8cff",
  "#c99a86",
  "#ff86cf",
  "#aab2bd",
  "#d6d84b",
  "#4fd3e0",
];
const SHAPES = ["circle", "square", "triangle", "diamond"] as const;
export type Shape = (typeof SHAPES)[number];

const UNLABELLED = { light: "#9aa0a6", dark: "#70777f" };

/** Colour of a class code as #rrggbb; -1 is grey. */
export function classColour(code: number, dark: boolean): string {
  if (code < 0) return dark ? UNLABELLED.dark : UNLABELLED.light;
  const palette = dark ? DARK : LIGHT;
  return palette[code % palette.length] as string;
}

/** Shape of a class code: a second carrier of the label, needed beyond ten classes. */
export function classShape(code: number): Shape {
  return code < 0 ? "circle" : (SHAPES[Math.floor(code / LIGHT.length) % SHAPES.length] as Shape);
}

/** The palette's length: colours repeat from here on. */
export const PALETTE_LENGTH = LIGHT.length;

/** Whether the host's theme is dark: JupyterLab and VS Code say so; elsewhere the system's preference counts. */
export function isDark(): boolean {
  const lab = document.body.dataset.jpThemeLight;
  if (lab !== undefined) return lab === "false";
  const code = document.body.dataset.vscodeThemeKind;
  if (code !== undefined) return code.includes("dark");
  return globalThis.matchMedia?.("(prefers-color-scheme: dark)").matches ?? false;
}

/** Call back whenever the theme changes, until the signal ends. */
export function onTheme(listener: (dark: boolean) => void, signal: AbortSignal): void {
  let dark = isDark();
  const look = (): void => {
    if (isDark() === dark) return;
    dark = !dark;
    listener(dark);
  };
  const observer = new MutationObserver(look);
  observer.observe(document.body, {
    attributes: true,
    attributeFilter: ["data-jp-theme-light", "data-vscode-theme-kind"],
  });
  const media = globalThis.matchMedia?.("(prefers-color-scheme: dark)");
  media?.addEventListener("change", look, { signal });
  signal.addEventListener("abort", () => observer.disconnect(), { once: true });
}
