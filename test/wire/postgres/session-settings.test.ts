import { serialize } from 'pg-protocol';
import { describe, expect, it } from 'vitest';
import { objectToPolicySettings } from '../../../proxy/protocols/postgres/policy-settings.ts';
import { SessionRefused } from '../../../proxy/session-refused.ts';
import { backend, GREETING } from './support/backend.ts';
import { errorFields, frames } from './support/decode.ts';
import { settled, Stage, startupPacket } from './support/stage.ts';

/** The parameters of the startup packet that the target got. */
function parametersOf(packet: Buffer): Record<string, string> {
  const words = packet.toString('utf8', 8).split('\0');
  const parameters: Record<string, string> = {};
  for (let at = 0; (words[at] ?? '') !== ''; at += 2) parameters[words[at] ?? ''] = words[at + 1] ?? '';
  return parameters;
}

async function connected(settings: Record<string, string>, parameters: Record<string, string> = {}): Promise<Stage> {
  const stage = new Stage({ settings });
  stage.client(startupPacket({ user: 'agent', database: 'shop', ...parameters }), serialize.password('token'));
  await settled();
  stage.session.targetConnected();
  return stage;
}

const firstError = (bytes: Buffer) =>
  errorFields(frames(bytes).find(({ type }) => type === 'E')?.body ?? Buffer.alloc(0));

describe('what the policy gives a session', () => {
  it.each<[string, Record<string, string>, Record<string, string>]>([
    ['goes into the startup packet', {}, { statement_timeout: '30s' }],
    [
      'wins over options',
      { options: '-c statement_timeout=0 -c work_mem=5MB' },
      { statement_timeout: '30s', work_mem: '5MB' },
    ],
    ['wins over a parameter of its own', { Statement_Timeout: '0' }, { statement_timeout: '30s' }],
    ['wins over --name', { options: '--statement-timeout=0' }, { statement_timeout: '30s' }],
  ])('%s', async (_how, asked, expected) => {
    const stage = await connected({ statement_timeout: '30s' }, asked);
    const { user, database, client_encoding: encoding, ...settings } = parametersOf(stage.takeTarget());
    expect(settings).toEqual(expected);
    expect({ user, database, encoding }).toEqual({ user: 'app', database: 'shop', encoding: 'UTF8' });
  });

  it('is what commands are judged by; what it took the place of is nowhere', async () => {
    const stage = await connected(
      { search_path: 'vault', work_mem: '1MB' },
      { work_mem: '5MB', search_path: 'public' },
    );
    stage.target(GREETING);
    await settled();
    stage.client(serialize.query('read'));
    expect(stage.gate.judgements.at(-1)?.state).toMatchObject({
      search_path: ['vault'],
      settings: { search_path: 'vault', work_mem: '1MB' },
    });
    // Neither of the client's settings came into force, so no SET is judged in their place.
    expect(stage.gate.judgements).toHaveLength(1);
  });

  it.each([
    ['FATAL', 'unrecognized configuration parameter "nonsense"', '42704'],
    ['FATAL', 'unerkannter Konfigurationsparameter »"nonsense"«', '42704'],
  ])('that the target refuses is told by its name (%s %s)', async (severity, words, code) => {
    const stage = await connected({ nonsense: '1' });
    stage.target(backend.error(code, words, severity));
    expect(firstError(stage.takeClient())).toMatchObject({
      S: 'FATAL',
      C: code,
      M: expect.stringContaining('The target refuses nonsense, which the policy gives to sessions') as string,
      D: 'SP_SETTING_REFUSED',
    });
    expect(stage.ended?.error?.code).toBe('SP_SETTING_REFUSED');
  });

  it("leaves another error of the target's its own", async () => {
    const stage = await connected({ statement_timeout: '1s' });
    stage.target(backend.error('3D000', 'database "shop" does not exist', 'FATAL'));
    expect(firstError(stage.takeClient())).toMatchObject({ C: '3D000', M: 'database "shop" does not exist' });
  });
});

describe('settings that no session can be given', () => {
  it.each<[string, string, string, RegExp]>([
    ['who logs in', 'user', 'postgres', /no setting/],
    ['where', 'database', 'postgres', /no setting/],
    ['more settings', 'options', '-c a=b', /no setting/],
    ['another protocol', 'replication', 'on', /no setting/],
    ['an option of the protocol', '_pq_.x', '1', /no setting/],
    ['no name', '', 'x', /no setting/],
    ['two words', 'a b', 'x', /no setting/],
    ['a NUL', 'a\0b', 'x', /no setting/],
    ['a value with a NUL', 'application_name', 'x\0y', /cannot hold/],
    ['a search_path that is none', 'search_path', 'a,,b', /no list of names/],
    ['other strings', 'standard_conforming_strings', 'off', /standard_conforming_strings/],
    ['another encoding', 'client_encoding', 'LATIN1', /not UTF8/],
  ])('%s', (_what, name, value, message) => {
    expect(objectToPolicySettings({ [name]: value })).toMatchObject({
      code: 'SP_SETTING_REFUSED',
      message: expect.stringMatching(message) as string,
    });
  });

  it.each([
    ['default_transaction_read_only', 'on'],
    ['search_path', '"$user", public'],
    ['search_path', ''],
    ['my_extension.mode', 'strict'],
    ['client_encoding', 'utf-8'],
    ['role', 'reader'],
  ])('but %s = %s', (name, value) => {
    expect(objectToPolicySettings({ [name]: value })).toBeUndefined();
  });
});

describe('a session that is refused', () => {
  it('is told so in the words of its rules', async () => {
    const refusal = {
      code: 'SP_SESSION_DENIED',
      message: 'not now',
      detail: 'decision s.0, rule HOURS, revision r',
      hint: 'Come back.',
    } as const;
    const stage = new Stage({ openSession: () => Promise.reject(new SessionRefused(refusal)) });
    stage.client(startupPacket({ user: 'agent', database: 'shop' }), serialize.password('token'));
    await settled();
    expect(firstError(stage.takeClient())).toMatchObject({
      S: 'FATAL',
      C: '28000',
      M: 'not now',
      D: 'decision s.0, rule HOURS, revision r',
      H: 'Come back.',
    });
    expect(stage.calls).toEqual([]);
  });

  it('says before what it would begin with', async () => {
    const stage = await connected({}, { search_path: 'a, "B"', application_name: 'psql' });
    const { request } = stage;
    expect(request?.stateAt?.({ user: 'app', tls: 'disable' })).toEqual({
      user: 'app',
      role: 'app',
      database: 'shop',
      transaction: 'idle',
      search_path: ['a', 'B'],
      settings: { search_path: 'a, "B"', application_name: 'psql' },
    });
  });
});
