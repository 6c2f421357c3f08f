import { describe, expect, it } from 'vitest';
import type { Catalogue } from '../../../engine/catalogue.ts';
import type { Dialect } from '../../../engine/dialect.ts';
import type { CatalogueView } from '../../../proxy/catalogue/view.ts';
import type { MaskPlan } from '../../../proxy/masking/plan.ts';
import { KeyedHash } from '../../../proxy/masking/ways/keyed-hash.ts';
import { PostgresSession } from '../../../proxy/protocols/postgres/session.ts';
import { backend, int16, int32, message, text } from './support/backend.ts';
import { client } from './support/client.ts';
import { frames } from './support/decode.ts';
import { RecordingGate } from './support/recording-gate.ts';
import { settled, Stage } from './support/stage.ts';
import { toyDialect } from './support/toy-dialect.ts';

const NOTHING: Catalogue = {
  version: '1',
  searchPath: ['public'],
  relation: () => undefined,
  relationByOid: () => undefined,
  functions: () => [],
  type: () => undefined,
  operators: () => [],
};

const dialect: Dialect = {
  ...toyDialect,
  lineage: (statement) => {
    const parsed = toyDialect.parse(statement);
    const columns = [{ name: 'a', kind: 'derived' as const, sources: [], type: 'text' }];
    return { parsed, commands: parsed.commands.map(() => ({ columns, flows: [], exposed: [] })) };
  },
};

const PLAN: MaskPlan = {
  columns: ['redact'],
  otherwise: 'null',
  origins: [undefined],
  detect: [],
  withholdTexts: true,
};
const COPY_TEXT = { format: 'text', delimiter: '\t', null: '\\N', quote: '"', escape: '"', header: false } as const;

interface View extends CatalogueView {
  current: Catalogue | undefined;
  readonly loads: ((catalogue: Catalogue) => void)[];
  readonly changes: (readonly string[] | 'anything')[];
  ended: number;
}

function view(current?: Catalogue): View {
  const own: View = {
    current,
    loads: [],
    changes: [],
    ended: 0,
    load: () => new Promise((resolve) => own.loads.push(resolve)),
    changing: (names) => {
      own.changes.push(names);
      return () => (own.ended += 1);
    },
  };
  return own;
}

async function open(catalogue: View = view(NOTHING), plan: MaskPlan = PLAN): Promise<Stage> {
  const gate = new RecordingGate();
  gate.wantsLineage = true;
  gate.masks = ({ verb }) => (verb === 'secret' || verb === 'copy' ? plan : undefined);
  const stage = new Stage({
    gate,
    dialect,
    openSession: () =>
      Promise.resolve({
        gate,
        target: { user: 'app', password: 'secret', tls: 'disable' },
        settings: {},
        catalogue,
        maskKey: new KeyedHash(new Uint8Array(32)),
      }),
  });
  return stage.login();
}

const described = (relation: number): Buffer =>
  message(
    'T',
    Buffer.concat([int16(1), text('a'), int32(relation), int16(1), int32(25), int16(-1), int32(-1), int16(0)]),
  );
const REDACTED = '[redacted]';
const NULL_ROW = message('D', Buffer.concat([int16(1), int32(-1)]));

describe('rows', () => {
  const answer = Buffer.concat([
    backend.notice('before'),
    backend.rowDescription(),
    backend.dataRow('hidden'),
    backend.dataRow('x'.repeat(300)),
    backend.complete('SELECT 2'),
    backend.rowDescription(),
    backend.dataRow('shown'),
    backend.complete('SELECT 1'),
    backend.ready('I'),
  ]);

  it('are masked wherever the bytes are cut, and those of other commands are not', async () => {
    for (let cut = 0; cut < answer.length; cut += 1) {
      const stage = await open();
      stage.client(client.query('secret 1; rows 1'));
      stage.takeTarget();
      stage.target(answer.subarray(0, cut), answer.subarray(cut));
      const told = frames(stage.takeClient());
      expect(told.map(({ type }) => type).join('')).toBe('NTDDCTDCZ');
      const rows = told.filter(({ type }) => type === 'D').map(({ body }) => body.toString('latin1', 6));
      expect(rows).toEqual([REDACTED, REDACTED, 'shown']);
    }
  });

  it('come out the same byte by byte', async () => {
    const stage = await open();
    stage.client(client.query('secret 1; rows 1'));
    for (const byte of answer) stage.target(Buffer.from([byte]));
    expect(
      frames(stage.takeClient())
        .map(({ type }) => type)
        .join(''),
    ).toBe('NTDDCTDCZ');
    expect(stage.gate.results.map(({ rows, masked }) => [rows, masked])).toEqual([
      [2, { columns: [{ name: 'a', with: 'redact' }], detected: {} }],
      [1, undefined],
    ]);
  });

  it('of a result that is not as foreseen are all masked by the most private way', async () => {
    const stage = await open();
    stage.client(client.query('secret 1'));
    stage.target(described(4711), backend.dataRow('hidden'), backend.complete('SELECT 1'), backend.ready('I'));
    expect(stage.takeClient().includes(NULL_ROW)).toBe(true);
  });

  it('of a client that does not ask for a description are masked by one that the gateway asks for', async () => {
    const stage = await open();
    stage.client(
      client.parse('s', 'secret 1'),
      client.bind('', 's'),
      client.execute('', 1),
      client.execute(''),
      client.sync(),
    );
    expect(
      frames(stage.takeTarget())
        .map(({ type }) => type)
        .join(''),
    ).toBe('PBDEES');
    stage.target(backend.parseComplete(), backend.bindComplete(), backend.rowDescription());
    stage.target(backend.dataRow('hidden'), backend.portalSuspended(), backend.dataRow('hidden'));
    stage.target(backend.complete('SELECT 1'), backend.ready('I'));
    const told = stage.takeClient();
    expect(
      frames(told)
        .map(({ type }) => type)
        .join(''),
    ).toBe('12DsDCZ');
    expect(told.includes('hidden')).toBe(false);
  });

  it('a description that the client asks for is passed on and not asked for again', async () => {
    const stage = await open();
    stage.client(client.run('secret 1'), client.sync());
    expect(
      frames(stage.takeTarget())
        .map(({ type }) => type)
        .join(''),
    ).toBe('PBDES');
    stage.target(backend.parseComplete(), backend.bindComplete(), backend.rowDescription(), backend.dataRow('hidden'));
    stage.target(backend.complete('SELECT 1'), backend.ready('I'));
    const told = stage.takeClient();
    expect(
      frames(told)
        .map(({ type }) => type)
        .join(''),
    ).toBe('12TDCZ');
    expect(told.includes('hidden')).toBe(false);
  });
});

describe('copied data', () => {
  it('is masked wherever its bytes are cut', async () => {
    const answer = Buffer.concat([
      backend.copyOut(),
      backend.copyData('hidden\n'),
      backend.copyData('hid'),
      backend.copyData('den\n'),
      backend.copyDone(),
      backend.complete('COPY 2'),
      backend.ready('I'),
    ]);
    for (let cut = 0; cut < answer.length; cut += 1) {
      const stage = await open(view(NOTHING), { ...PLAN, types: ['text'], copy: COPY_TEXT });
      stage.client(client.query('copy t to stdout'));
      stage.target(answer.subarray(0, cut), answer.subarray(cut));
      const told = frames(stage.takeClient());
      expect(told.map(({ type }) => type).join('')).toBe('HddcCZ');
      expect(told.filter(({ type }) => type === 'd').map(({ body }) => body.toString())).toEqual([
        `${REDACTED}\n`,
        `${REDACTED}\n`,
      ]);
    }
  });
});

describe('texts', () => {
  it('of a command that touches masked columns are withheld from client and recording', async () => {
    const stage = await open();
    stage.client(client.query('secret 1'));
    stage.target(backend.notice('it is hidden'), backend.error('22P02', 'invalid: "hidden"'), backend.ready('I'));
    expect(stage.takeClient().includes('hidden')).toBe(false);
    expect(stage.gate.results.at(-1)).toMatchObject({ status: 'error', code: '22P02' });
    expect(JSON.stringify(stage.gate.results)).not.toContain('hidden');
  });

  it('of the COMMIT behind it are, too, and of what comes after are not', async () => {
    const stage = await open();
    stage.client(client.query('begin; secret 1'));
    stage.target(backend.complete('BEGIN'), backend.rowDescription(), backend.complete('SELECT 0'), backend.ready('T'));
    stage.client(client.query('commit'));
    stage.target(backend.error('23505', 'key is hidden'), backend.ready('I'));
    expect(stage.takeClient().includes('hidden')).toBe(false);
    stage.client(client.query('rows 1'));
    stage.target(backend.error('22012', 'told'), backend.ready('I'));
    expect(stage.takeClient().includes('told')).toBe(true);
  });
});

describe('the catalogue', () => {
  it('is waited for, and nothing overtakes the message that waits', async () => {
    const catalogue = view();
    const stage = await open(catalogue);
    stage.client(client.query('secret 1'), client.query('rows 1'));
    expect(stage.takeTarget()).toHaveLength(0);
    expect(stage.session.idle).toBe(false);
    catalogue.current = NOTHING;
    catalogue.loads[0]?.(NOTHING);
    await settled();
    expect(frames(stage.takeTarget()).map(({ body }) => body.toString('latin1'))).toEqual(['secret 1\0', 'rows 1\0']);
  });

  it('that cannot be had is asked for once for each message', async () => {
    const catalogue = view();
    const stage = await open(catalogue);
    stage.client(client.query('secret 1'));
    catalogue.loads[0]?.(NOTHING);
    await settled();
    expect(frames(stage.takeTarget())).toHaveLength(1);
    expect(catalogue.loads).toHaveLength(1);
  });

  it('is not waited for by a message that is cancelled', async () => {
    const catalogue = view();
    const stage = await open(catalogue);
    stage.client(client.query('secret 1'));
    if (!(stage.session instanceof PostgresSession)) throw new Error('another protocol');
    stage.session.cancel();
    expect(frames(stage.takeTarget()).map(({ body }) => body.toString())[0]).toContain('sallyport denied');
    catalogue.loads[0]?.(NOTHING);
    await settled();
    expect(stage.takeTarget()).toHaveLength(0);
  });

  it('is told of what changes, until the transaction has ended', async () => {
    const catalogue = view(NOTHING);
    const gate = new RecordingGate(() => false);
    gate.wantsLineage = true;
    const altering: Dialect = {
      ...dialect,
      parse: (statement) => {
        const parsed = toyDialect.parse(statement);
        const commands = parsed.commands.map((command) =>
          command.verb === 'alter'
            ? {
                ...command,
                effects: ['alter' as const],
                targets: [
                  { kind: 'table' as const, path: ['t'], access: 'alter' as const, resolution: 'exact' as const },
                ],
              }
            : command,
        );
        return { ...parsed, commands };
      },
    };
    const target = { user: 'app', password: 'secret', tls: 'disable' } as const;
    const maskKey = new KeyedHash(new Uint8Array(32));
    const stage = new Stage({
      gate,
      dialect: altering,
      openSession: () => Promise.resolve({ gate, target, settings: {}, catalogue, maskKey }),
    });
    await stage.login();
    stage.client(client.query('begin; alter t'));
    expect(catalogue.changes).toEqual([['t']]);
    stage.target(backend.complete('BEGIN'), backend.complete('ALTER TABLE'), backend.ready('T'));
    expect(catalogue.ended).toBe(0);
    stage.client(client.query('commit'));
    stage.target(backend.complete('COMMIT'), backend.ready('I'));
    expect(catalogue.ended).toBe(1);
    stage.client(client.query('alter t'), client.terminate());
    expect(catalogue.ended).toBe(2);
  });
});
