import { describe, expect, test } from 'vitest';
import type { Obligation } from '../../../engine/contract.ts';
import type { ColumnSource, CommandLineage, Flow, OutputColumn } from '../../../engine/lineage.ts';
import type { MaskWay } from '../../../proxy/masking/plan.ts';
import { planMasks } from '../../../proxy/masking/planner.ts';
import { readMaskRule, type MaskRule } from '../../../proxy/masking/rule.ts';

const source = (column: string, labels: string[] = [], formerNames?: string[][]): ColumnSource => ({
  path: ['public', 'customers', column],
  labels,
  ...(formerNames !== undefined && { formerNames }),
});
const EMAIL = source('email', ['pii']);
const NAME = source('name');
const output = (name: string, kind: OutputColumn['kind'], ...sources: ColumnSource[]): OutputColumn => ({
  name,
  kind,
  sources,
  type: 'text',
  ...(kind === 'direct' && { origin: { relation: 16_400, attribute: 2 } }),
});
const lineage = (columns: CommandLineage['columns'], more: Partial<CommandLineage> = {}): CommandLineage => ({
  columns,
  flows: [],
  exposed: [],
  ...more,
});
const rule = (mask: Omit<Obligation, 'kind'>): MaskRule => {
  const read = readMaskRule({ kind: 'mask', ...mask });
  if (typeof read === 'string') throw new Error(read);
  return read;
};
const planOf = (masks: Omit<Obligation, 'kind'>[], values: CommandLineage) => {
  const plan = planMasks(masks.map(rule), values);
  if (typeof plan === 'string') throw new Error(plan);
  return plan;
};

describe('what a mask obligation must look like', () => {
  const wrong: [what: string, obligation: Obligation, why: string][] = [
    ['no way', { kind: 'mask', columns: ['a'] }, 'is missing'],
    ['an unknown way', { kind: 'mask', columns: ['a'], with: 'blur' }, '"blur"'],
    ['an unknown detector', { kind: 'mask', detect: ['face'], with: 'null' }, 'no detector "face"'],
    ['columns that are no list', { kind: 'mask', columns: 'email', with: 'null' }, '"columns" is a list'],
    ['labels that are no texts', { kind: 'mask', labels: [1], with: 'null' }, '"labels" is a list'],
    ['nothing to mask', { kind: 'mask', columns: [], with: 'null' }, 'names columns, labels or detectors'],
    ['a key that nobody knows', { kind: 'mask', colums: ['a'], with: 'null' }, 'no "colums"'],
  ];
  test.each(wrong)('%s is refused', (_, obligation, why) => {
    expect(readMaskRule(obligation)).toContain(why);
  });
});

describe('which columns are masked, and how', () => {
  const cases: [what: string, masks: Omit<Obligation, 'kind'>[], column: OutputColumn, way: MaskWay | undefined][] = [
    ['by label', [{ labels: ['pii'], with: 'hash' }], output('email', 'direct', EMAIL), 'hash'],
    [
      'by label, whatever it is called',
      [{ labels: ['pii'], with: 'hash' }],
      output('x', 'derived', NAME, EMAIL),
      'hash',
    ],
    ['not by another label', [{ labels: ['card'], with: 'hash' }], output('email', 'direct', EMAIL), undefined],
    ['by name', [{ columns: ['email'], with: 'null' }], output('x', 'derived', EMAIL), 'null'],
    ['by relation and name', [{ columns: ['customers.email'], with: 'null' }], output('x', 'derived', EMAIL), 'null'],
    ['by full name', [{ columns: ['public.customers.email'], with: 'null' }], output('x', 'direct', EMAIL), 'null'],
    ['whatever the case', [{ columns: ['Customers.Email'], with: 'null' }], output('x', 'direct', EMAIL), 'null'],
    ['not by an end of a part', [{ columns: ['mail'], with: 'null' }], output('x', 'direct', EMAIL), undefined],
    ['not of another relation', [{ columns: ['orders.email'], with: 'null' }], output('x', 'direct', EMAIL), undefined],
    [
      'by a name that it had',
      [{ columns: ['customers.email'], with: 'null' }],
      output('x', 'direct', source('mail', [], [['public', 'customers', 'email']])),
      'null',
    ],
    ['by the name that it gets', [{ columns: ['secret'], with: 'redact' }], output('secret', 'derived'), 'redact'],
    ['clean ones are shown', [{ columns: ['email'], with: 'null' }], output('name', 'direct', NAME), undefined],
    [
      'the most private wins',
      [
        { columns: ['email'], with: 'partial' },
        { labels: ['pii'], with: 'redact' },
      ],
      output('x', 'direct', EMAIL),
      'redact',
    ],
    [
      'unknown ones by the most private of all',
      [
        { columns: ['nothing'], with: 'partial' },
        { labels: ['else'], with: 'hash' },
        { detect: ['card'], with: 'null' },
      ],
      output('x', 'unknown'),
      'hash',
    ],
    ['unknown ones not for detectors', [{ detect: ['card'], with: 'null' }], output('x', 'unknown'), undefined],
  ];
  test.each(cases)('%s', (_, masks, column, way) => {
    expect(planOf(masks, lineage([column]))?.columns).toEqual([way]);
  });

  test('a result that may be other than foreseen has the most private for that case, and its origins', () => {
    const plan = planOf(
      [
        { columns: ['email'], with: 'partial' },
        { labels: ['x'], with: 'redact' },
      ],
      lineage([output('name', 'direct', NAME), output('n', 'derived')]),
    );
    expect(plan).toMatchObject({
      columns: [undefined, undefined],
      otherwise: 'redact',
      origins: [{ relation: 16_400, attribute: 2 }, undefined],
    });
  });

  test('a result of which nothing is known is masked as a whole', () => {
    const plan = planOf([{ columns: ['email'], with: 'hash' }], lineage({ unknown: 'dynamic_sql' }));
    expect(plan).toMatchObject({ columns: undefined, otherwise: 'hash', origins: [] });
  });

  test('what returns nothing and exposes nothing has no plan', () => {
    expect(planOf([{ columns: ['email'], with: 'hash' }], lineage([]))).toBeUndefined();
  });

  test('detectors: each with the most private way that is asked for', () => {
    const plan = planOf(
      [
        { detect: ['card', 'email'], with: 'partial' },
        { detect: ['card'], with: 'redact' },
      ],
      lineage([output('name', 'direct', NAME)]),
    );
    expect(plan?.detect).toEqual([
      { detector: 'card', with: 'redact' },
      { detector: 'email', with: 'partial' },
    ]);
    expect(plan?.otherwise).toBeUndefined();
  });
});

describe('texts are withheld', () => {
  const masks = [{ labels: ['pii'], with: 'hash' }];
  test.each<[string, CommandLineage['exposed'], boolean]>([
    ['where a masked column may be quoted', [EMAIL], true],
    ['where nobody knows what may be', { unknown: 'dynamic_sql' }, true],
    ['nowhere else', [NAME], false],
  ])('%s', (_, exposed, withheld) => {
    expect(planOf(masks, lineage([output('name', 'direct', NAME)], { exposed }))?.withholdTexts).toBe(withheld);
  });
  test('not for detectors, which look at texts themselves', () => {
    expect(planOf([{ detect: ['card'], with: 'null' }], lineage([], { exposed: [EMAIL] }))?.withholdTexts).toBe(false);
  });
});

describe('masked columns do not leave', () => {
  const masks = [rule({ labels: ['pii'], with: 'hash' })];
  const flow = (into: Flow['into'], path: string[], ...columns: OutputColumn[]): Flow => ({
    into,
    path,
    columns,
    creates: false,
  });
  const away: [string, Flow, string | undefined][] = [
    [
      'into another table',
      flow('relation', ['public', 'copies'], output('mail', 'derived', EMAIL)),
      'The masked column public.customers.email would go into the table public.copies',
    ],
    ['into a channel', flow('channel', ['news'], output('', 'derived', EMAIL)), 'into the channel news'],
    ['to a place without a name', flow('file', [], output('', 'derived', EMAIL)), 'into a file'],
    [
      'when nobody knows what it is',
      flow('relation', ['public', 'copies'], { ...output('x', 'unknown'), reason: 'unknown_function' }),
      '"x", of which nobody knows what is in it (unknown_function)',
    ],
    ['clean ones may', flow('relation', ['public', 'copies'], output('x', 'derived', NAME)), undefined],
    ['into a temporary table they may', flow('temporary', ['pg_temp', 't'], output('x', 'direct', EMAIL)), undefined],
    [
      'into themselves they may',
      flow('relation', ['public', 'customers'], output('email', 'derived', EMAIL)),
      undefined,
    ],
  ];
  test.each(away)('%s', (_, one, why) => {
    const plan = planMasks(masks, lineage([], { flows: [one] }));
    if (why === undefined) expect(plan).toBeUndefined();
    else expect(plan).toContain(why);
  });
  test('into a column that is masked as well they may', () => {
    const byName = [rule({ columns: ['email'], with: 'hash' })];
    const copy = flow('relation', ['public', 'archive'], output('email', 'direct', EMAIL));
    expect(planMasks(byName, lineage([], { flows: [copy] }))).toBeUndefined();
  });
});
