import fs from 'node:fs';
import path from 'node:path';

/** One figure of one path, with every round's value. */
export interface Figure {
  readonly measure: string;
  readonly path: string;
  readonly unit: string;
  readonly value: number;
  readonly rounds: readonly number[];
  /** The value as a part of the direct path's and of the bare pipe's, where they have it too. */
  readonly ofDirect?: number;
  readonly ofPipe?: number;
  /** The value as a part of that of a gateway without a store. */
  readonly ofNone?: number;
  readonly cpuPerTransaction?: number;
}

/** Adds the ratios to the direct path and to the bare pipe. */
export function withRatios(figures: readonly Figure[]): Figure[] {
  const valueOf = (measure: string, name: string) =>
    figures.find((figure) => figure.measure === measure && figure.path === name)?.value;
  return figures.map((figure) => {
    const direct = valueOf(figure.measure, 'direct');
    const pipe = valueOf(figure.measure, 'bare Node pipe');
    return {
      ...figure,
      ...(direct === undefined ? {} : { ofDirect: figure.value / direct }),
      ...(pipe === undefined ? {} : { ofPipe: figure.value / pipe }),
    };
  });
}

export function table(figures: readonly Figure[]): string {
  const header = ['measure', 'path', 'median', 'unit', 'of direct', 'of pipe', 'of none', 'CPU µs/tx'];
  const lines = figures.map((figure) => [
    figure.measure,
    figure.path,
    figure.value.toFixed(figure.value < 100 ? 2 : 0),
    figure.unit,
    figure.ofDirect?.toFixed(2) ?? '',
    figure.ofPipe?.toFixed(2) ?? '',
    figure.ofNone?.toFixed(3) ?? '',
    figure.cpuPerTransaction?.toFixed(1) ?? '',
  ]);
  const widths = header.map((_, column) => Math.max(...[header, ...lines].map((line) => line[column]?.length ?? 0)));
  const row = (line: readonly string[]) =>
    line
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ');
  return [row(header), widths.map((width) => '-'.repeat(width)).join('  '), ...lines.map(row)].join('\n');
}

export function writeJson(folder: string, result: unknown): string {
  fs.mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${new Date().toISOString().replaceAll(':', '-')}.json`);
  fs.writeFileSync(file, JSON.stringify(result, null, 2) + '\n');
  return file;
}
