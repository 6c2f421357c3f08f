import { describe, expect, it } from 'vitest';
import { denial, readRuling } from '../../engine/decision.ts';

describe('reading what the decision entrypoint gave', () => {
  it('puts reasons and obligations in one order, whatever order the sets came in', () => {
    const reasons = [
      { rule: 'b', message: 'x' },
      { rule: 'a', message: 'z' },
      { rule: 'a', message: 'y' },
    ];
    const obligations = [
      { kind: 'notify', channel: 'b' },
      { kind: 'limit', rows: 1 },
      { kind: 'notify', channel: 'a' },
    ];
    const forward = readRuling({ effect: 'allow', reasons, obligations });
    const backward = readRuling({
      effect: 'allow',
      reasons: reasons.toReversed(),
      obligations: obligations.toReversed(),
    });
    expect(forward).toEqual(backward);
    expect(forward?.reasons.map(({ message }) => message)).toEqual(['y', 'z', 'x']);
    expect(forward?.obligations.map(({ kind }) => kind)).toEqual(['limit', 'notify', 'notify']);
  });

  it.each([
    ['undefined', undefined],
    ['null', null],
    ['a boolean', true],
    ['an unknown effect', { effect: 'maybe', reasons: [], obligations: [] }],
    ['no reasons', { effect: 'allow', obligations: [] }],
    ['a reason without a message', { effect: 'allow', reasons: [{ rule: 'r' }], obligations: [] }],
    ['an obligation without a kind', { effect: 'allow', reasons: [], obligations: [{ rows: 1 }] }],
    ['reasons that are no list', { effect: 'allow', reasons: {}, obligations: [] }],
  ])('%s is no decision', (_name, value) => {
    expect(readRuling(value)).toBeUndefined();
  });
});

describe("the engine's own denial", () => {
  it('names its code and cannot be changed', () => {
    const ruling = denial('SP_EVAL_FAILED', 'Because.');
    expect(ruling).toMatchObject({ effect: 'deny', reasons: [{ rule: 'sallyport.error' }] });
    expect(ruling.reasons[0]?.message).toMatch(/^SP_EVAL_FAILED: .* Because\.$/);
    expect(() => ruling.reasons.push({ rule: 'x', message: 'y' })).toThrow(TypeError);
  });
});
