// What a change of masks would have done to recorded commands: by the columns, labels and provenance that were recorded with
// them, for no catalogue is at hand in a replay.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runReplay } from '../../../cli/commands/replay.ts';
import type { Engine } from '../../../engine/engine.ts';
import type { ColumnSource, CommandLineage, OutputColumn } from '../../../engine/lineage.ts';
import { fakeStreams } from '../fake-streams.ts';
import { compiler, engineOf, record, sessionId, type SentMessage } from './support/record.ts';

const everybody = 'package policy.p\n\nallow contains "everybody" if input.subject.kind == "agent"\n';

let folder = '';
let unmasked = '';
let engine: Engine;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-masks-'));
  unmasked = policy('');
  engine = await engineOf(unmasked);
});
afterAll(async () => {
  await compiler.close();
  rmSync(folder, { recursive: true });
});

function policy(more: string): string {
  const path = join(mkdtempSync(join(folder, 'policy-')), 'policy.rego');
  writeFileSync(path, `${everybody}\n${more}`);
  return path;
}

const email: ColumnSource = { path: ['public', 'customers', 'email'], labels: ['pii'] };

function column(name: string, kind: OutputColumn['kind'], sources: readonly ColumnSource[]): OutputColumn {
  return { name, kind, sources, type: 'text' };
}

/** A command as a gateway that follows values records it. */
function sent(text: string, columns: readonly OutputColumn[], read: readonly ColumnSource[]): SentMessage {
  const lineage: CommandLineage = { columns, flows: [], exposed: read };
  const used = read.map(({ path, labels }) => ({ path, labels }));
  return { text, lineage, columns: { read: used, projected: used, predicates: [] } };
}

const traffic: SentMessage[] = [
  sent('SELECT email FROM customers', [column('email', 'direct', [email])], [email]),
  sent('SELECT upper(email) AS x FROM customers', [column('x', 'derived', [email])], [email]),
  sent('SELECT e FROM contacts', [column('e', 'derived', [email])], [email]),
  sent('SELECT id FROM customers', [column('id', 'direct', [])], []),
  sent('SELECT v FROM elsewhere', [column('v', 'unknown', [])], []),
  sent("SET application_name = 'x'", [], []),
];

/** What came of masks: `gained mask label pii` and the texts that it was gained by, at least the first of them. */
async function changes(now: string, options: object = {}): Promise<[string, number][]> {
  const directory = mkdtempSync(join(folder, 'recordings-'));
  record(directory, { engine, session: sessionId(1), messages: traffic });
  const streams = fakeStreams([]);
  await runReplay([directory], { bundle: [policy(now)], format: 'json', ...options }, streams, { warm: compiler });
  const { details } = JSON.parse(streams.output()) as {
    details: {
      counts: Record<string, number>;
      groups: Record<string, { top: { change: string; what: string[]; count: number }[] }>;
    };
  };
  expect(details.counts['parsed_differently']).toBe(0);
  return (details.groups['obligation']?.top ?? []).map(({ change, what, count }) => [
    `${change} ${what.filter((part) => part !== '').join(' ')}`,
    count,
  ]);
}

describe.each(['again', 'recorded'] as const)('a mask that is new (commands parsed: %s)', (parsed) => {
  test.each<[string, string, [string, number][]]>([
    [
      'by a label: what carries it, by whatever name, and what nobody knows',
      'mask contains {"labels": ["pii"], "with": "hash"}',
      [['gained mask label pii', 4]],
    ],
    [
      'by a column: what reads it, through a view, too',
      'mask contains {"columns": ["customers.email"], "with": "null"}',
      [['gained mask column customers.email', 4]],
    ],
    [
      'by a name: what the result calls its column, too',
      'mask contains {"columns": ["x"], "with": "null"}',
      [['gained mask column x', 2]],
    ],
    [
      'by another label: what nobody knows alone',
      'mask contains {"labels": ["health"], "with": "null"}',
      [['gained mask label health', 1]],
    ],
    [
      'by a detector: everything that returns rows',
      'mask contains {"detect": ["card"], "with": "redact"}',
      [['gained mask detect card', 5]],
    ],
  ])('%s', async (_name, rule, expected) => {
    expect(await changes(rule, { parsed })).toEqual(expected);
  });

  test('lost and changed masks are told alike', async () => {
    const before = policy('mask contains {"labels": ["pii"], "columns": ["id"], "with": "partial"}');
    const now = 'mask contains {"labels": ["pii"], "with": "redact"}';
    expect(await changes(now, { parsed, baseline: [before] })).toEqual([
      ['changed mask label pii partial → redact', 4],
      ['lost mask column id', 2],
    ]);
  });
});

test.each(['again', 'recorded'] as const)(
  'rules by label see what was recorded (commands parsed: %s)',
  async (parsed) => {
    const directory = mkdtempSync(join(folder, 'recordings-'));
    record(directory, { engine, session: sessionId(1), messages: traffic });
    const streams = fakeStreams([]);
    const now = policy(`
import data.sallyport.columns

deny contains "reads it" if columns.reads_label("pii")

review contains {"approvers": ["ada"], "message": "shows it"} if columns.shows_label("pii")
`);
    await runReplay([directory], { bundle: [now], format: 'json', parsed }, streams, { warm: compiler });
    const { details } = JSON.parse(streams.output()) as { details: { decisions: Record<string, number> } };
    expect(details.decisions).toEqual({ 'allow->deny': 3, 'allow->review': 1, 'allow->allow': 2 });
  },
);
