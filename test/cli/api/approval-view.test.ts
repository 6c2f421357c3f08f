import { describe, expect, test } from 'vitest';
import { renderApproval, type ApprovalDetails } from '../../../cli/api/approval-view.ts';

type Command = ApprovalDetails['commands'][number];

const now = new Date('2026-01-01T12:00:00Z');

function request(changes: Partial<Command>, more: Partial<ApprovalDetails> = {}): ApprovalDetails {
  const command: Command = {
    text: 'DROP TABLE orders',
    verb: 'drop',
    effects: ['drop'],
    targets: [{ kind: 'table', path: ['orders'], access: 'drop' }],
    complete: true,
    incompleteReasons: [],
    state: {},
    reasons: [{ rule: 'R-1', message: 'dropping is reviewed' }],
    ...changes,
  };
  return {
    id: 'apr-7kq2m9x4td',
    digest: 'd',
    state: 'waiting',
    mode: 'hold',
    subject: 'ada',
    subject_kind: 'human',
    owner: null,
    resource: 'shop',
    environment: 'production',
    session: 's',
    revision: 'r1',
    created: now.toISOString(),
    expires: '2026-01-01T12:15:00Z',
    summary: command.text,
    reasons: ['dropping is reviewed'],
    approvers: ['dba'],
    yours: true,
    client: { address: '10.0.0.1' },
    requirements: [{ approvers: ['dba'], minimum: 1 }],
    window: null,
    commands: [command],
    cautions: [],
    votes: [],
    ...more,
  };
}

const show = (details: ApprovalDetails, full = false): string => renderApproval(details, (_, text) => text, full, now);

describe('what a reviewer sees of a request', () => {
  test('is who, on what, why, and what would run', () => {
    expect(show(request({}))).toBe(`apr-7kq2m9x4td
  who     ada (human)
  on      shop, production
  from    10.0.0.1
  why     dropping is reviewed
  needs   1 of dba
  state   waiting, 15m left
  policy  revision r1

  command: drop [drop]
    DROP TABLE orders
  touches drop table orders
`);
  });

  test.each<[string, Partial<Command>, string[]]>([
    [
      'the state that gives it its meaning',
      { state: { transaction: 'active', search_path: ['vault'], settings: {} } },
      ['  in transaction active, search_path ["vault"]\n'],
    ],
    ['its parameters', { parameters: [{ text: 'grün' }] }, ['    with [{"text":"grün"}]\n']],
    [
      'control and direction characters as escapes',
      { text: 'DROP TABLE "\u202eoops\u001b[2K"' },
      ['\\u{202e}oops\\x1b[2K'],
    ],
    ['the same in parameters', { parameters: [{ text: '\u202eoops' }] }, ['\\u{202e}oops']],
    [
      'the same in names',
      { targets: [{ kind: 'table', path: ['a\u202eb'], access: 'drop' }] },
      ['drop table a\\u{202e}b'],
    ],
    ['the same in its state', { state: { role: 'x\u001b[1A' } }, ['role x\\x1b[1A']],
    [
      'that nobody vouches for it',
      { complete: false, incompleteReasons: ['dynamic_sql'] },
      ['  incomplete dynamic_sql\n'],
    ],
  ])('has %s', (_, changes, expected) => {
    const shown = show(request(changes));
    for (const part of expected) expect(shown).toContain(part);
    expect(shown).not.toMatch(/\p{Cf}|(?!\n)\p{Cc}/u);
  });

  test.each<[string, Partial<Command>]>([
    ['a statement', { text: `SELECT '${'x'.repeat(1_000_000)}', last_word` }],
    ['a parameter', { parameters: [{ text: `${'x'.repeat(1_000_000)} last_word` }] }],
  ])('of a megabyte, %s, says how much is missing, or is all there', (_, changes) => {
    const short = show(request(changes));
    expect(short.length).toBeLessThan(10_000);
    expect(short).toMatch(/… and 996\d{3} more characters: --full shows them/);
    expect(short).not.toContain('last_word');
    const full = show(request(changes), true);
    expect(full).toContain('last_word');
    expect(full).not.toContain('more characters');
  });
});
