/** Axis texts of the label-pair matrix: every class has one, and a long name does not take the room of the chart. */

interface Figure {
  data: unknown[];
  layout: Record<string, unknown>;
}

const LONGEST = 14;

/**
 * The figure with a short text at each row and column of its matrix; the full names stay in what hovering shows.
 * A figure without class codes in its custom data comes back as it is.
 */
export function shortTicks<F extends Figure>(figure: F, name: (code: number) => string): F {
  const matrix = figure.data[0] as
    | { x?: unknown[]; y?: unknown[]; customdata?: (readonly (readonly [number, number])[])[] }
    | undefined;
  const { x, y, customdata } = matrix ?? {};
  if (!x || !y || !Array.isArray(customdata?.[0]?.[0])) return figure;
  const axis = (side: "xaxis" | "yaxis", tickvals: unknown[], codes: (number | undefined)[]) => ({
    ...(figure.layout[side] as object),
    tickmode: "array",
    tickvals,
    ticktext: codes.map((code) => escaped(cut(name(code ?? -1)))),
  });
  const columns = (customdata[0] ?? []).map((cell) => cell[1]);
  const rows = customdata.map((row) => row[0]?.[0]);
  return {
    ...figure,
    layout: { ...figure.layout, xaxis: axis("xaxis", x, columns), yaxis: axis("yaxis", y, rows) },
  };
}

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

/** As plotly must have it to show these very letters. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
