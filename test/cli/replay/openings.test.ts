// Decisions on sessions that open are replayed beside those on commands.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runReplay, type ReplayOptions } from '../../../cli/commands/replay.ts';
import { fakeStreams } from '../fake-streams.ts';
import { ada, bot, compiler, engineOf, record, sessionId } from './support/record.ts';

const commands = 'package policy.shop\n\nallow contains "everybody reads" if "read" in input.command.effects\n';
const guarded = (condition: string, more = ''): string => `package policy.session.hours

# METADATA
# title: People come in
# custom: {id: S-1}
allow contains {"rule": rego.metadata.rule()} if ${condition}
${more}`;

const policies = {
  open: {},
  people: { 'session.rego': guarded('input.subject.kind == "human"') },
  everybody: { 'session.rego': guarded('input.subject.kind') },
  careful: {
    'session.rego': guarded(
      'input.subject.kind == "human"',
      '\nsettings contains {"statement_timeout": "30s"} if input.subject.kind == "human"\n',
    ),
  },
} satisfies Record<string, Record<string, string>>;
type Name = keyof typeof policies;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-openings-'));
  for (const [name, files] of Object.entries<Record<string, string>>(policies)) {
    mkdirSync(join(folder, name));
    for (const [file, text] of Object.entries({ 'commands.rego': commands, ...files })) {
      writeFileSync(join(folder, name, file), text);
    }
  }
});
afterAll(async () => {
  await compiler.close();
  rmSync(folder, { recursive: true });
});

interface JsonReport {
  readonly summary: string;
  readonly findings: readonly { readonly code: string; readonly severity: string; readonly message: string }[];
  readonly details: {
    readonly counts: Readonly<Record<string, number>>;
    readonly decisions: Readonly<Record<string, number>>;
    readonly groups: Readonly<Record<string, { readonly top: readonly { change: string; what: string[] }[] }>>;
    readonly rules: readonly { readonly id: string; readonly commands: number }[];
  };
}

/** One session of ada's and one of the bot's, recorded by one policy and replayed by another. */
async function replay(
  recordedBy: Name,
  by: Name,
  options: ReplayOptions = {},
): Promise<{ code: number; report: JsonReport }> {
  const directory = mkdtempSync(join(folder, 'recordings-'));
  const engine = await engineOf(join(folder, recordedBy));
  for (const [index, subject] of [ada, bot].entries()) {
    record(directory, { session: sessionId(index + 1), engine, subject, messages: ['SELECT 1'] });
  }
  const streams = fakeStreams([]);
  const code = await runReplay([directory], { bundle: [join(folder, by)], format: 'json', ...options }, streams, {
    warm: compiler,
  });
  return { code, report: JSON.parse(streams.output()) as JsonReport };
}

describe('sessions that open', () => {
  test.each<[recordedBy: Name, by: Name, openings: number, unknown: number, decisions: Record<string, number>]>([
    ['open', 'open', 0, 0, { 'allow->allow': 2 }],
    // Of ada the opening and a command, of the bot the opening alone.
    ['people', 'people', 2, 0, { 'allow->allow': 2, 'deny->deny': 1 }],
    ['people', 'everybody', 2, 0, { 'allow->allow': 2, 'deny->allow': 1 }],
    ['everybody', 'people', 2, 0, { 'allow->allow': 3, 'allow->deny': 1 }],
    // Without a package under policy.session, sessions open.
    ['people', 'open', 2, 0, { 'allow->allow': 2, 'deny->allow': 1 }],
    ['open', 'people', 0, 2, { 'allow->allow': 2 }],
  ])('recorded by %s, replayed by %s', async (recordedBy, by, openings, unknown, decisions) => {
    const { report } = await replay(recordedBy, by);
    expect(report.details.decisions).toEqual(decisions);
    expect(report.details.counts).toMatchObject({ sessions: 2, openings, openings_unknown: unknown });
    const warnings = report.findings.filter(({ code }) => code === 'replay_openings_unknown');
    expect(warnings.map(({ severity }) => severity)).toEqual(unknown === 0 ? [] : ['warning']);
  });

  test('count for thresholds, and are shown as what they are', async () => {
    const { code, report } = await replay('everybody', 'people', { failOn: 'allow->deny>0' });
    expect(code).toBe(1);
    expect(report.summary).toContain('2 sessions judged when they opened');
    expect(report.details.groups['fingerprint']?.top).toMatchObject([{ change: 'allow->deny', what: ['session'] }]);
    expect(report.details.groups['subject']?.top).toMatchObject([{ change: 'allow->deny', what: ['bot'] }]);
    expect(report.findings.some(({ message }) => message.includes('(the session opens)'))).toBe(true);
  });

  test('what they are owed is compared, and their rules count as touched', async () => {
    const { report } = await replay('people', 'careful');
    expect(report.details.groups['obligation']?.top).toMatchObject([{ change: 'gained' }]);
    expect(report.details.rules.find(({ id }) => id === 'S-1')).toMatchObject({ commands: 1 });
  });
});
