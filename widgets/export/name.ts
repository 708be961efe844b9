/** The name of the file that is exported to, and the format that its ending says. */
import type { ExportFormat, StoreInfo } from "../core/kernel/schema";

export const FORMATS: readonly (readonly [ExportFormat, string])[] = [
  ["csv", "CSV"],
  ["parquet", "Parquet"],
  ["jsonl", "JSON lines"],
];

const ENDINGS: Record<string, ExportFormat> = {
  csv: "csv",
  parquet: "parquet",
  pq: "parquet",
  jsonl: "jsonl",
  ndjson: "jsonl",
};
const ENDING = /\.([a-z]+)$/i;

/** The format that the ending of a path says; null = it says none. */
export function formatOf(path: string): ExportFormat | null {
  const ending = ENDING.exec(path.trim())?.[1]?.toLowerCase() ?? "";
  return Object.hasOwn(ENDINGS, ending) ? (ENDINGS[ending] as ExportFormat) : null;
}

/** The path with the ending of a format: in place of another format's, else behind it. */
export function withFormat(path: string, format: ExportFormat): string {
  if (formatOf(path) === format) return path;
  const stem = formatOf(path) === null ? path.trim() : path.trim().replace(ENDING, "");
  return `${stem}.${format}`;
}

/** "photos.corrected.csv" for the label store "/data/photos.labels.db": in the kernel's working directory. */
export function nameFor(store: Pick<StoreInfo, "name" | "temporary">): string {
  if (store.temporary || store.name.includes("://")) return "corrected.csv";
  const file = store.name.split(/[/\\]/).at(-1) ?? "";
  const stem = file.replace(/(\.labels)?\.[a-z0-9]+$/i, "");
  return stem ? `${stem}.corrected.csv` : "corrected.csv";
}
