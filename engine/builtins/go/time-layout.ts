/** Go's reference-time layouts (Go source: time/format.go, nextStdChunk): "Mon Jan 2 15:04:05 MST 2006". */

/** The elements, longest first where one is the beginning of another. */
const elements = [
  'January',
  'Jan',
  'Monday',
  'Mon',
  'MST',
  '002',
  '01',
  '02',
  '03',
  '04',
  '05',
  '06',
  '15',
  '1',
  '2006',
  '2',
  '_2',
  '__2',
  '3',
  '4',
  '5',
  'PM',
  'pm',
  '-070000',
  '-07:00:00',
  '-0700',
  '-07:00',
  '-07',
  'Z070000',
  'Z07:00:00',
  'Z0700',
  'Z07:00',
  'Z07',
] as const;

export type Element = (typeof elements)[number];

export type Chunk =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'element'; readonly element: Element }
  /** `.000` (exactly so many digits) or `.999` (trailing zeros left out). */
  | { readonly kind: 'fraction'; readonly separator: string; readonly digits: number; readonly exact: boolean };

/** The layouts that OPA accepts by name. */
export const namedLayouts: ReadonlyMap<string, string> = new Map([
  ['ANSIC', 'Mon Jan _2 15:04:05 2006'],
  ['UnixDate', 'Mon Jan _2 15:04:05 MST 2006'],
  ['RubyDate', 'Mon Jan 02 15:04:05 -0700 2006'],
  ['RFC822', '02 Jan 06 15:04 MST'],
  ['RFC822Z', '02 Jan 06 15:04 -0700'],
  ['RFC850', 'Monday, 02-Jan-06 15:04:05 MST'],
  ['RFC1123', 'Mon, 02 Jan 2006 15:04:05 MST'],
  ['RFC1123Z', 'Mon, 02 Jan 2006 15:04:05 -0700'],
  ['RFC3339', '2006-01-02T15:04:05Z07:00'],
  ['RFC3339Nano', '2006-01-02T15:04:05.999999999Z07:00'],
]);

export function parseLayout(layout: string): Chunk[] {
  const chunks: Chunk[] = [];
  let literal = '';
  for (let index = 0; index < layout.length;) {
    const chunk = chunkAt(layout, index);
    if (chunk === undefined) {
      literal += layout[index] ?? '';
      index += 1;
      continue;
    }
    if (literal !== '') chunks.push({ kind: 'literal', text: literal });
    literal = '';
    chunks.push(chunk);
    index += chunk.kind === 'element' ? chunk.element.length : chunk.digits + 1;
  }
  if (literal !== '') chunks.push({ kind: 'literal', text: literal });
  return chunks;
}

type FormatChunk = Exclude<Chunk, { kind: 'literal' }>;

function chunkAt(layout: string, index: number): FormatChunk | undefined {
  const first = layout[index];
  if (first === '.' || first === ',') return fractionAt(layout, index, first);
  // "_2006" is an underscore and a year.
  if (first === '_' && layout.startsWith('_2006', index)) return undefined;
  const element = elements.find((candidate) => layout.startsWith(candidate, index));
  if (element === undefined) return undefined;
  // "Month" and "Janet" are no elements.
  const next = layout.charCodeAt(index + element.length);
  if ((element === 'Mon' || element === 'Jan') && next >= 0x61 && next <= 0x7a) return undefined;
  return { kind: 'element', element };
}

function fractionAt(layout: string, index: number, separator: string): FormatChunk | undefined {
  const digit = layout[index + 1];
  if (digit !== '0' && digit !== '9') return undefined;
  let end = index + 1;
  while (layout[end] === digit) end += 1;
  const next = layout.charCodeAt(end);
  if (next >= 0x30 && next <= 0x39) return undefined; // only a whole run of digits is a fraction
  return { kind: 'fraction', separator, digits: end - index - 1, exact: digit === '0' };
}
