/** Axis texts of the label-pair matrix: every class has one, and a long name does not take the room of the chart. */

import { shortName } from "../core/ui/name";

interface Figure {
  data: unknown[];
  layout: Record<string, unknown>;
}

const LONGEST = 14;

/**
 * The figure with a short text at each row and column of its matrix; the full names stay in what hovering shows.
 * A figure without class codes in its custom data comes back as it is.
 */
export function shortTicks<F extends Figure>(
  figure: F,
  name: (code: number) => string,
  names: readonly string[] = [],
): F {
  const matrix = figure.data[0] as
    | { x?: unknown[]; y?: unknown[]; customdata?: (readonly (readonly [number, number])[])[] }
    | undefined;
  const { x, y, customdata } = matrix ?? {};
  if (!x || !y || !Array.isArray(customdata?.[0]?.[0])) return figure;
  const axis = (side: "xaxis" | "yaxis", tickvals: unknown[], codes: (number | undefined)[]) => ({
    ...(figure.layout[side] as object),
    tickmode: "array",
    tickvals,
    ticktext: codes.map((code) => escaped(shortName(name(code ?? -1), LONGEST, names))),
  });
  const columns = (customdata[0] ?? []).map((cell) => cell[1]);
  const rows = customdata.map((row) => row[0]?.[0]);
  return {
    ...figure,
    layout: { ...figure.layout, xaxis: axis("xaxis", x, columns), yaxis: axis("yaxis", y, rows) },
  };
}

/** Room that a row's text needs, and roughly that of a letter. */
const LINE = 11;
const LETTER = 7;
/** Charts lower than this have no room for texts that stand upright below them. */
const LOW = 240;

interface Axis {
  tickvals?: unknown[];
  ticktext?: string[];
}

/**
 * A matrix's layout for a chart of this size: no axis titles (its caption says what rows and columns are), and only
 * as many texts as find room. Any other layout comes back as it is.
 */
export function fitted(
  layout: Record<string, unknown>,
  width: number,
  height: number,
): Record<string, unknown> {
  const x = layout.xaxis as Axis | undefined;
  const y = layout.yaxis as Axis | undefined;
  if (!x?.ticktext || !y?.ticktext) return layout;
  const longest = Math.max(...x.ticktext.map((text) => text.length));
  const across = longest > 3 && height >= LOW ? LINE : longest * LETTER + 4;
  // Rows and columns are in one order: where long names would not fit below, those at the side say it.
  const none = longest > 3 && height < LOW;
  const thin = (axis: Axis, step: number): Axis & { title: string } => {
    const keep = (_: unknown, i: number): boolean => i % step === 0;
    return {
      ...axis,
      title: "",
      tickvals: none && axis === x ? [] : (axis.tickvals?.filter(keep) ?? []),
      ticktext: none && axis === x ? [] : (axis.ticktext?.filter(keep) ?? []),
    };
  };
  const steps = (n: number, each: number, room: number): number =>
    Math.max(1, Math.ceil((n * each) / Math.max(1, room)));
  return {
    ...layout,
    margin: { l: 8, r: 4, t: 4, b: 8 },
    xaxis: thin(x, steps(x.ticktext.length, across, width - 40)),
    yaxis: thin(y, steps(y.ticktext.length, LINE, height - 22)),
  };
}

/** As plotly must have it to show these very letters. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
