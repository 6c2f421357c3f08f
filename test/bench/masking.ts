import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as DetectorsModule from '../../proxy/masking/detectors/index.ts';
import type { MaskCounts as CountsClass } from '../../proxy/masking/counts.ts';
import type { MaskPlan, MaskWay } from '../../proxy/masking/plan.ts';
import type { KeyedHash as KeyClass } from '../../proxy/masking/ways/keyed-hash.ts';
import type * as RewritersModule from '../../proxy/protocols/postgres/masking/index.ts';
import { median } from './process-stats.ts';
import type { Figure } from './report.ts';

/** What is measured is what is shipped. */
async function shipped<Module>(file: string): Promise<Module> {
  return (await import(pathToFileURL(path.resolve('dist', file)).href)) as Module;
}

const MEGABYTE = 1_000_000;

/** In process: speed of the detectors on text that matches nothing and on hostile text, cost of rewriting rows. */
export async function maskingFigures(): Promise<Figure[]> {
  const detectors = await shipped<typeof DetectorsModule>('proxy/masking/detectors/index.js');
  return [...detectorFigures(detectors), ...growthFigures(detectors), ...(await rowFigures())];
}

/** MB/s of all detectors together, value by value and in one piece. */
function detectorFigures({ createDetectors, DETECTORS }: typeof DetectorsModule): Figure[] {
  const search = createDetectors(DETECTORS);
  return Object.entries(innocent).flatMap(([name, line]) => {
    const lines = Array.from({ length: 200 }, (_, i) => Buffer.from(line(i)));
    const whole = repeated(Buffer.concat(lines), MEGABYTE);
    if (search.find(whole, 0, whole.length).length > 0) throw new Error(`something is found in ${name}`);
    const values = Buffer.concat(lines);
    const ends = lines.map(
      (
        (end) => (each: Buffer) =>
          (end += each.length)
      )(0),
    );
    return [
      figure(`detectors, ${name}`, 'MB/s', () => {
        search.find(whole, 0, whole.length);
        return whole.length;
      }),
      figure(`detectors, ${name}, by value`, 'MB/s', () => {
        for (let times = 0; times < 40; times++) {
          let start = 0;
          for (const end of ends) {
            search.find(values, start, end);
            start = end;
          }
        }
        return values.length * 40;
      }),
    ];
  });
}

/** How much longer sixteen times as much hostile text takes: 16 is linear. */
function growthFigures({ createDetectors, DETECTORS }: typeof DetectorsModule): Figure[] {
  const search = createDetectors(DETECTORS);
  return hostile.map((piece) => {
    const [small, large] = [16_384, 262_144].map((size) => repeated(Buffer.from(piece), size));
    if (small === undefined || large === undefined) throw new Error('no text');
    const once = (text: Buffer): number => {
      const started = process.cpuUsage();
      search.find(text, 0, text.length);
      return cpuSince(started);
    };
    once(small);
    const rounds = Array.from({ length: 5 }, () => {
      const few = median(Array.from({ length: 16 }, () => once(small)));
      return once(large) / few;
    });
    const shown = JSON.stringify(piece.length > 24 ? `${piece.slice(0, 21)}…` : piece);
    return { measure: `16 × ${shown}`, path: 'in process', unit: '× time', value: median(rounds), rounds };
  });
}

/** Microseconds for 100 rows of 5 columns: passed, masked by column in several ways, looked through. */
async function rowFigures(): Promise<Figure[]> {
  const { ByteWriter, RowMasker } = await shipped<typeof RewritersModule>('proxy/protocols/postgres/masking/index.js');
  const { MaskCounts } = await shipped<{ MaskCounts: typeof CountsClass }>('proxy/masking/counts.js');
  const { KeyedHash } = await shipped<{ KeyedHash: typeof KeyClass }>('proxy/masking/ways/keyed-hash.js');
  const { DETECTORS } = await shipped<typeof DetectorsModule>('proxy/masking/detectors/index.js');
  const key = new KeyedHash(Buffer.alloc(32, 1));
  const types = [23, 25, 25, 1184, 1700];
  const fields = types.map((type, i) => ({ name: `c${i}`, relation: 0, attribute: 0, type, format: 'text' as const }));
  const rows = Buffer.concat(Array.from({ length: 100 }, (_, i) => row(i)));
  const ways: readonly (MaskWay | undefined)[] = ['null', 'redact', 'partial', 'hash', 'fake'];
  const plans: [string, Partial<MaskPlan>][] = [
    ...ways.map((way): [string, Partial<MaskPlan>] => [
      `rows, one column: ${way ?? ''}`,
      { columns: [undefined, undefined, way, undefined, undefined] },
    ]),
    [
      'rows, detectors that find nothing',
      { detect: DETECTORS.filter((name) => name !== 'email').map((detector) => ({ detector, with: 'redact' })) },
    ],
  ];
  const copied = figure('rows, copied', 'µs/100 rows', () => Buffer.from(rows).length, 'time');
  return [
    copied,
    ...plans.map(([name, plan]) => {
      const masker = new RowMasker({
        fields,
        key,
        counts: new MaskCounts(),
        plan: {
          columns: fields.map(() => undefined),
          otherwise: 'null',
          origins: fields.map(() => undefined),
          detect: [],
          withholdTexts: false,
          ...plan,
        },
      });
      const out = new ByteWriter();
      return figure(
        name,
        'µs/100 rows',
        () => {
          masker.rows(rows, 0, rows.length, out);
          return out.take().length;
        },
        'time',
      );
    }),
  ];
}

function row(i: number): Buffer {
  const values = [
    `${i}`,
    `Ada Lovelace the ${i}th`,
    `ada.${i}@lovelace.test`,
    '2026-01-31 10:20:30.123456+00',
    '1234.50',
  ];
  const parts = values.map((value) => {
    const bytes = Buffer.alloc(4 + value.length);
    bytes.writeInt32BE(value.length);
    bytes.write(value, 4);
    return bytes;
  });
  const message = Buffer.concat([Buffer.from([0x44, 0, 0, 0, 0, 0, values.length]), ...parts]);
  message.writeInt32BE(message.length - 1, 1);
  return message;
}

const innocent: Readonly<Record<string, (i: number) => string>> = {
  prose: () =>
    'It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of foolishness. ',
  'log lines': (i) =>
    `2026-01-31T10:20:${10 + (i % 50)}.123Z info [worker-${i % 8}] GET /api/orders/${i} 200 in ${i % 90}ms, user_id=${i}, cache_hit=true; `,
  JSON: (i) =>
    `{"id":${i},"name":"Widget","tags":["small","blue"],"price":${i}.95,"created_at":"2026-01-31 10:20:30"},`,
  uuids: (i) => `550e8400-e29b-41d4-a716-4466554${10000 + i} `,
};

/** Each repeated: what makes a search that looks back, or that looks far ahead, slow. */
const hostile: readonly string[] = [
  '1',
  '1 ',
  '12-',
  '+1',
  '4111 1111 ',
  '@',
  'a@',
  'a.a.a.a@',
  'a@a.a.a.a.',
  'eyJ.eyJ.',
  'eyJhbGciOiJub25lIn0.',
  'eyJ',
  '-----BEGIN ',
  '-----BEGIN PRIVATE KEY-----',
  '-----BEGIN PRIVATE KEY-----aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
  'DE89',
  'DE89 ',
  'ghp_',
  'xoxb-a-',
  'https://a:b',
  'postgres://a:',
  'secret_access_key=',
  'sk-',
  'AKIA',
  'ops_ey',
  'SG.a.',
  'ssn 1234567 ',
];

/** Milliseconds of processor time: what else the machine does is not counted. */
function cpuSince(started: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1000;
}

function repeated(piece: Buffer, size: number): Buffer {
  return Buffer.alloc(size, piece);
}

function figure(measure: string, unit: string, work: () => number, kind: 'rate' | 'time' = 'rate'): Figure {
  const batch = (): number => {
    let times = 0;
    let bytes = 0;
    const started = process.cpuUsage();
    let passed = 0;
    while (passed < 120) {
      for (let i = 0; i < 4; i++) bytes += work();
      times += 4;
      passed = cpuSince(started);
    }
    return kind === 'rate' ? bytes / 1000 / passed : (passed * 1000) / times;
  };
  batch();
  const rounds = Array.from({ length: 5 }, batch);
  return { measure, path: 'in process', unit, value: median(rounds), rounds };
}
