import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { client } from './support/client.ts';
import { FrameReader, strings, summary } from './support/decode.ts';
import { drive, type Cut } from './support/drive.ts';
import { ModelTarget } from './support/model-target.ts';
import { RecordingGate } from './support/recording-gate.ts';
import { Stage } from './support/stage.ts';

/**
 * The property that stands for all the others: through the gateway a client sees what it would see from a PostgreSQL
 * with the policy built in, whatever it sends, however both streams are cut and however late the target answers.
 */

const denies = (text: string): boolean => /\b(drop|delete)\b/.test(text);

const statements = fc.constantFrom(
  'rows 0',
  'rows 2',
  'insert',
  'fail',
  'begin',
  'commit',
  'rollback',
  'drop t',
  'delete',
  '',
  'mystery',
  'rows 1; drop t',
  'rows 1; fail; rows 1',
  'begin; rows 1',
  'commit; rows 1',
  'copy t from',
  'copy a from; copy b from',
);
const names = fc.constantFrom('', 'a', 'b');
const single = statements.filter((text) => !text.includes(';'));

/** A message, or a few that a client sends together. */
const unit: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 4, arbitrary: statements.filter((text) => !text.includes('copy')).map(client.query) },
  { weight: 1, arbitrary: copyUnit() },
  { weight: 4, arbitrary: single.filter((text) => !text.includes('copy')).map((text) => client.run(text)) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        names,
        single.filter((text) => !text.includes('copy')),
      )
      .map(([name, text]) => client.parse(name, text)),
  },
  { weight: 3, arbitrary: fc.tuple(names, names).map(([portal, name]) => client.bind(portal, name)) },
  { weight: 2, arbitrary: names.map((name) => client.describeStatement(name)) },
  { weight: 1, arbitrary: names.map((name) => client.describePortal(name)) },
  { weight: 3, arbitrary: names.map((name) => client.execute(name)) },
  { weight: 1, arbitrary: names.map((name) => client.closeStatement(name)) },
  { weight: 1, arbitrary: names.map((name) => client.closePortal(name)) },
  { weight: 1, arbitrary: fc.constant(client.flush()) },
  { weight: 6, arbitrary: fc.constant(client.sync()) },
  { weight: 1, arbitrary: fc.constantFrom(client.copyData('late'), client.copyDone(), client.copyFail('late')) },
);

function copyUnit(): fc.Arbitrary<Uint8Array> {
  const data = fc.array(fc.string().map(client.copyData), { maxLength: 3 }).map((pieces) => Buffer.concat(pieces));
  const ends = fc.constantFrom(client.copyDone(), client.copyFail('no'));
  return fc.oneof(
    fc.tuple(data, ends).map(([pieces, end]) => Buffer.concat([client.query('copy t from'), pieces, end])),
    fc.tuple(data, ends).map(([pieces, end]) =>
      Buffer.concat([
        client.parse('', 'copy t from'),
        client.bind('', ''),
        client.execute(''),
        client.flush(),
        pieces,
        end,
        client.sync(),
        // Else a later Bind of the unnamed statement would begin a COPY that no data follows.
        client.parse('', 'rows 0'),
        client.sync(),
      ]),
    ),
  );
}

/** Cuts streams, and lets them wait, as a list of small numbers says. */
function cutBy(numbers: readonly number[]): Cut {
  let turn = 0;
  return (available) => {
    const number = numbers[turn % numbers.length] ?? 1;
    turn += 1;
    return Math.min(available, number);
  };
}

const cuts = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 12 }), fc.constant(10_000)), {
  minLength: 1,
  maxLength: 6,
});
const someCuts = cuts.filter((numbers) => numbers.some((number) => number > 0));

describe('a session through the gateway', () => {
  it('looks to its client like a session with a PostgreSQL that has the policy built in', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(unit, { maxLength: 14 }),
        someCuts,
        someCuts,
        someCuts,
        async (units, one, two, three) => {
          const bytes = Buffer.concat([...units, client.sync()]);
          const gate = new RecordingGate((command) => denies(command.text));
          const stage = await new Stage({ gate }).login();
          const target = new ModelTarget();
          const through = drive(stage, target, bytes, {
            fromClient: cutBy(one),
            toTarget: cutBy(two),
            fromTarget: cutBy(three),
          });

          const expected = summary(new ModelTarget(denies).push(bytes));
          expect(summary(through.toClient)).toEqual(expected);
          expectJudged(through.toTarget, gate);
          expect(stage.ended).toBeUndefined();
        },
      ),
      { numRuns: 1_500 },
    );
  });
});

/** Every text that reached the target was judged and released, or is the gateway's own. */
export function expectJudged(toTarget: Uint8Array, gate: RecordingGate): void {
  const released = new Set(gate.judgements.filter((one) => one.released).map((one) => one.text));
  for (const { type, body } of new FrameReader().push(toTarget)) {
    if (type !== 'Q' && type !== 'P') continue;
    const text = strings(body, type === 'Q' ? 1 : 2).at(-1) ?? '';
    if (text.startsWith('sallyport denied: decision ')) continue;
    for (const part of text.split(';')) if (part.trim() !== '') expect(released).toContain(part.trim());
  }
}
