import { readFile } from 'node:fs/promises';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, test } from 'vitest';
import type { Command, Decision, Input, RecordingEvent } from '../../engine/contract.ts';
import { renderContract } from '../../engine/schema/generate.js';
import { contractSchema, type ContractName } from '../../engine/schema/input-schema.ts';

test('engine/contract.ts is what the schema says (npm run contract writes it anew)', async () => {
  const written = await readFile(new URL('../../engine/contract.ts', import.meta.url), 'utf8');
  expect(written).toBe(await renderContract());
});

function compile(name: ContractName): ValidateFunction {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv, ['date-time']);
  return ajv.compile(contractSchema(name));
}

/** `place message`, each once. */
function errorsOf(name: ContractName, value: unknown): string[] {
  const validate = compile(name);
  validate(value);
  return [...new Set((validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ''}`))];
}

const command: Command = {
  dialect: 'postgres',
  verb: 'select',
  effects: ['read'],
  targets: [{ kind: 'table', path: ['public', 'orders'], access: 'read', resolution: 'exact' }],
  functions: [{ path: ['now'], category: 'pure', known: true, volatility: 'stable' }],
  complete: true,
  reasons: [],
  fingerprint: 'postgres:1',
  text: 'SELECT now() FROM public.orders',
  span: { start: 0, end: 31 },
  secrets: [],
  attributes: { statement: 'select' },
};

const input: Input = {
  schema: 1,
  stage: 'command',
  now: '2025-01-01T00:00:00.123Z',
  subject: { id: 'ada', kind: 'human', groups: ['dba'], claims: { team: 'shop' } },
  resource: { name: 'shop', protocol: 'postgres', environment: 'production', labels: { region: 'eu' } },
  client: { address: '127.0.0.1', tls: true },
  session: {
    id: 's1',
    transaction: 'idle',
    settings: {},
    effects: [],
    counters: { commands: 0, denied: 0 },
  },
  command,
};

const decision: Decision = {
  id: 's1.1',
  revision: 'abc',
  effect: 'deny',
  reasons: [{ rule: 'SP-1', message: 'no', severity: 'high', remediation: 'ask', package: 'policy.x' }],
  obligations: [{ kind: 'notify', channel: 'security' }],
};

const base = {
  schema: 1,
  seq: 0,
  time: '2025-01-01T00:00:00Z',
  session: 's1',
  prev: '0'.repeat(64),
  hash: 'f'.repeat(64),
} as const;

const { subject, resource, client } = input;
const events: RecordingEvent[] = [
  { ...base, type: 'start', subject, resource, client, gateway: { version: '1.0.0', revision: 'abc' } },
  { ...base, type: 'command', input },
  { ...base, type: 'decision', command: 1, decision },
  { ...base, type: 'result', commands: [1], status: 'error', code: '42501', message: 'no', duration_ms: 0.5 },
  { ...base, type: 'error', code: 'SP_DENIED', message: 'no' },
  { ...base, type: 'end', reason: 'client closed', commands: 1, denied: 1 },
];

describe('the schema accepts', () => {
  test.each<[string, ContractName, unknown]>([
    ['a command', 'Command', command],
    ['an input', 'Input', input],
    ['an input with parameters', 'Input', { ...input, parameters: [{ format: 'text', is_null: false, text: '1' }] }],
    ['an input before any command', 'Input', { ...input, stage: 'session', command: undefined }],
    ['a decision', 'Decision', decision],
    ...events.map((event): [string, ContractName, unknown] => [`a ${event.type} event`, 'RecordingEvent', event]),
  ])('%s', (_what, name, value) => {
    expect(errorsOf(name, JSON.parse(JSON.stringify(value)))).toEqual([]);
  });
});

describe('the schema refuses', () => {
  test.each<[string, ContractName, unknown, string]>([
    ['a name that it does not know', 'Command', { ...command, fucntions: [] }, ' must NOT have additional properties'],
    [
      'an effect that it does not know',
      'Command',
      { ...command, effects: ['explode'] },
      '/effects/0 must be equal to one of the allowed values',
    ],
    ['a span before the text', 'Command', { ...command, span: { start: -1, end: 2 } }, '/span/start must be >= 0'],
    [
      'a command without reasons',
      'Command',
      { ...command, reasons: undefined },
      " must have required property 'reasons'",
    ],
    [
      'a path that is a text',
      'Command',
      { ...command, targets: [{ ...command.targets[0], path: 'a.b' }] },
      '/targets/0/path must be array',
    ],
    ['another version', 'Input', { ...input, schema: 2 }, '/schema must be equal to constant'],
    ['a time that is none', 'Input', { ...input, now: 'yesterday' }, '/now must match format "date-time"'],
    [
      'a subject of no kind',
      'Input',
      { ...input, subject: { ...subject, kind: 'robot' } },
      '/subject/kind must be equal to one of the allowed values',
    ],
    [
      'labels that are no text',
      'Input',
      { ...input, resource: { ...resource, labels: { a: 1 } } },
      '/resource/labels/a must be string',
    ],
    [
      'an effect of a decision that it does not know',
      'Decision',
      { ...decision, effect: 'maybe' },
      '/effect must be equal to one of the allowed values',
    ],
    [
      'a reason without a rule',
      'Decision',
      { ...decision, reasons: [{ message: 'no' }] },
      "/reasons/0 must have required property 'rule'",
    ],
    [
      'an obligation without a kind',
      'Decision',
      { ...decision, obligations: [{}] },
      "/obligations/0 must have required property 'kind'",
    ],
    [
      'an event of no type',
      'RecordingEvent',
      { ...events[5], type: 'pause' },
      ' must match exactly one schema in oneOf',
    ],
    [
      'an event with more than its own',
      'RecordingEvent',
      { ...events[5], mood: 'good' },
      ' must NOT have unevaluated properties',
    ],
    [
      'an event outside of the chain',
      'RecordingEvent',
      { ...events[5], prev: undefined },
      " must have required property 'prev'",
    ],
  ])('%s', (_what, name, value, error) => {
    expect(errorsOf(name, JSON.parse(JSON.stringify(value)))).toContain(error);
  });
});

describe('attributes are typed by dialects', () => {
  const closed = (name: string, ...keys: string[]) => ({
    name,
    attributesSchema: {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      additionalProperties: false,
      properties: Object.fromEntries(keys.map((key) => [key, { $ref: '#/$defs/flag' }])),
      $defs: { flag: { type: 'boolean' } },
    },
  });
  const validate = new Ajv2020({ strict: false }).compile(
    contractSchema('Command', [closed('one', 'a', 'b'), closed('two', 'c')]),
  );
  const accepts = (attributes: object): boolean => validate({ ...command, attributes });

  test('those of any dialect are accepted', () => {
    expect([{}, { a: true }, { a: true, b: false }, { c: true }].map(accepts)).toEqual([true, true, true, true]);
  });

  test('those of none, or of two at once, are refused', () => {
    expect([{ d: true }, { a: 1 }, { a: true, c: true }].map(accepts)).toEqual([false, false, false]);
  });

  test('without dialects, attributes are any object', () => {
    expect(errorsOf('Command', { ...command, attributes: { anything: [1, { at: 'all' }] } })).toEqual([]);
  });
});
