import { describe, expect, test } from 'vitest';
import { inputContext } from '../../../cli/eval/inputs.ts';
import { explainCommand } from '../../../cli/testing/explain-command.ts';
import type { Input, JsonObject } from '../../../engine/contract.ts';
import kvline from '../../../examples/third-party-dialect/index.js';

const now = '2026-01-01T12:00:00Z';
const places = { places: ['policies'], dialect: 'kvline' };

function input(
  subject: JsonObject,
  more: { resource?: JsonObject; session?: JsonObject; client?: JsonObject } = {},
): Input {
  const context = inputContext({ dialect: 'kvline', subject, now, ...more });
  return { ...context, command: kvline.parse({ text: 'GET a' }).commands[0] } as unknown as Input;
}

const bot = { id: 'bot', kind: 'agent' };

describe('the command line that explains a case', () => {
  test.each<[string, Input, string]>([
    ['a subject alone', input(bot), '--subject bot,agent'],
    ['groups', input({ ...bot, groups: ['a', 'b'] }), '--subject bot,agent,a,b'],
    [
      'claims',
      input({ ...bot, claims: { team: "o'x" } }),
      `--subject '{"groups":[],"claims":{"team":"o'\\''x"},"id":"bot","kind":"agent"}'`,
    ],
    [
      'a resource',
      input(bot, { resource: { environment: 'production' } }),
      '--subject bot,agent --resource kvline,kvline,production',
    ],
    [
      'session and client',
      input(bot, { session: { transaction: 'active' }, client: { tls: false } }),
      `--subject bot,agent --session '{"transaction":"active"}' --client '{"tls":false}'`,
    ],
  ])('%s', (_what, given, options) => {
    expect(explainCommand({ text: "GET 'a b'" }, given, places)).toBe(
      `sallyport explain --dialect kvline ${options} --now ${now} 'GET '\\''a b'\\''' policies`,
    );
  });

  test('gives the input as JSON where options cannot say it', () => {
    const given = { ...input(bot), parameters: [{ format: 'text' as const, is_null: true }] };
    expect(explainCommand({ text: 'GET a' }, given, places)).toBe(
      `sallyport explain '${JSON.stringify(given)}' policies`,
    );
    expect(explainCommand({ text: 'GET a', settings: { a: 1 } }, input(bot), places)).toMatch(/^sallyport explain '\{/);
  });
});
