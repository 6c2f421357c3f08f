import { describe, expect, it } from 'vitest';
import type { Catalogue } from '../../../engine/catalogue.ts';
import type { Dialect } from '../../../engine/dialect.ts';
import { Conversation } from '../../../proxy/protocols/postgres/conversation.ts';
import { Judge, type JudgedVerdict } from '../../../proxy/protocols/postgres/judge.ts';
import { initialState } from '../../../proxy/protocols/postgres/session-state.ts';
import { factsOf } from '../../../proxy/protocols/postgres/statement-facts.ts';
import { RecordingGate } from './support/recording-gate.ts';
import { toyDialect } from './support/toy-dialect.ts';

const catalogue = (version: string): Catalogue => ({
  version,
  searchPath: ['public'],
  relation: () => undefined,
  relationByOid: () => undefined,
  functions: () => [],
  type: () => undefined,
  operators: () => [],
});

/** What comes out of a statement is named after the catalogue's version, up to its first dot. */
const dialect: Dialect = {
  ...toyDialect,
  lineage: (statement, context) => {
    const parsed = toyDialect.parse(statement);
    const name = context.catalogue.version.split('.')[0] ?? '';
    const columns = [{ name, kind: 'derived' as const, sources: [], type: '' }];
    return { parsed, commands: parsed.commands.map(() => ({ columns, flows: [], exposed: [] })) };
  },
};

async function judgedWhileHeld(before: Catalogue, after: Catalogue | undefined): Promise<JudgedVerdict | undefined> {
  const gate = new RecordingGate();
  gate.wantsLineage = true;
  gate.held = [];
  let current: Catalogue | undefined = before;
  const loaded = catalogue('loaded');
  const view = {
    get current() {
      return current;
    },
    load: () => Promise.resolve(loaded),
    changing: () => () => undefined,
  };
  const conversation = new Conversation(gate, initialState('gateway', 'shop', new Map()));
  let resume: () => void = () => undefined;
  const resumed = new Promise<void>((resolve) => (resume = resolve));
  const judge = new Judge({ dialect, conversation, catalogue: view, resume, tell: () => undefined });
  const parsed = judge.parse('rows 1');
  expect(judge.verdict(parsed, factsOf(parsed), {})).toBeUndefined();
  current = after;
  gate.held.shift()?.();
  await resumed;
  return judge.verdict(parsed, factsOf(parsed), {});
}

describe('what people have approved', () => {
  it('runs where its values come from the same columns as when it was held', async () => {
    expect(await judgedWhileHeld(catalogue('a.1'), catalogue('a.2'))).toMatchObject({ released: true });
  });

  it.each([
    ['others by now', catalogue('b.1')],
    ['others in the catalogue that had to be loaded', undefined],
  ])('does not run where they are %s', async (_, after) => {
    expect(await judgedWhileHeld(catalogue('a.1'), after)).toMatchObject({
      released: false,
      refusal: { code: 'SP_REVIEW_SUPERSEDED' },
    });
  });
});
