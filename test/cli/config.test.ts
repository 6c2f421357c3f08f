import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseAddress, isLoopback } from '../../cli/config/address.ts';
import { ConfigError, loadConfig, parseConfig } from '../../cli/config/load.ts';
import { suggest } from '../../cli/config/suggest.ts';
import type { ConfigFile } from '../../cli/config/types.ts';
import { temporaryDirectory } from '../proxy/support/fixtures.ts';

const HASH = 'a'.repeat(64);

const valid = `policies: .
listeners:
  - name: shop
    protocol: postgres
    address: 127.0.0.1:6432
    resource: shop
resources:
  - name: shop
    protocol: postgres
    environment: production
    target:
      host: db.internal
      port: 5432
      user: gateway
      password: { env: SHOP_PASSWORD }
subjects:
  - id: ada
    kind: human
    groups: [staff]
    tokens:
      - sha256: ${HASH}
`;

function parse(text: string): ConfigFile {
  return parseConfig(text, {
    file: 'sallyport.yaml',
    directory: import.meta.dirname,
    protocols: ['postgres', 'mysql'],
  });
}

/** `row:col message | help` of each finding. */
function findings(text: string): string[] {
  try {
    parse(text);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.diagnostics.map(({ row, col, message, help, code, file }) => {
      expect([code, file]).toEqual(['SP_CONFIG_INVALID', 'sallyport.yaml']);
      return `${row ?? ''}:${col ?? ''} ${message}${help === undefined ? '' : ` | ${help}`}`;
    });
  }
  return [];
}

test('a valid configuration is taken as it is', () => {
  expect(parse(valid)).toMatchObject({
    policies: '.',
    listeners: [{ name: 'shop', address: '127.0.0.1:6432' }],
    resources: [{ target: { port: 5432, password: { env: 'SHOP_PASSWORD' } } }],
    subjects: [{ id: 'ada', tokens: [{ sha256: HASH }] }],
  });
});

test("a resource says how its target's catalogue is kept", () => {
  const text = valid.replace('    target:', '    catalogue: { ttl_ms: 60000, objects: 5000 }\n    target:');
  expect(parse(text).resources[0]?.catalogue).toEqual({ ttl_ms: 60_000, objects: 5_000 });
});

describe('what is wrong is told with its place and a way out', () => {
  const cases: { name: string; text: string; expected: string[] }[] = [
    {
      name: 'a mistyped key at the top',
      text: valid.replace('listeners:', 'listners:'),
      expected: [
        '1:1 the configuration lacks "listeners" | Where clients come in.',
        '2:1 unknown key "listners" in the configuration | did you mean "listeners"?',
      ],
    },
    {
      name: 'a mistyped key inside',
      text: valid.replace('    address:', '    adress:'),
      expected: [
        expect.stringMatching(/^3:5 listeners\[0\] lacks "address" \| host:port to bind/) as string,
        '5:5 unknown key "adress" in listeners[0] | did you mean "address"?',
      ],
    },
    {
      name: 'a key that is like no other',
      text: `${valid}colour: red\n`,
      expected: [
        expect.stringMatching(/^22:1 unknown key "colour" in the configuration \| known: data, policies/) as string,
      ],
    },
    {
      name: 'a value that is not one of those allowed',
      text: valid.replace('kind: human', 'kind: humn'),
      expected: ['18:11 subjects[0].kind must be one of human, agent, ci, service | did you mean "human"?'],
    },
    {
      name: 'a value of the wrong type',
      text: valid.replace('port: 5432', 'port: "5432"'),
      expected: ['13:13 resources[0].target.port must be integer'],
    },
    {
      name: 'a port that is none',
      text: valid.replace('port: 5432', 'port: 70000'),
      expected: ['13:13 resources[0].target.port must be <= 65535'],
    },
    {
      name: 'a catalogue that is believed for no time',
      text: valid.replace('    target:', '    catalogue: { ttl_ms: 0 }\n    target:'),
      expected: ['11:26 resources[0].catalogue.ttl_ms must be >= 1'],
    },
    {
      name: 'an address that is none',
      text: valid.replace('127.0.0.1:6432', '127.0.0.1'),
      expected: ['5:14 listeners[0].address is not an address: host:port, such as 127.0.0.1:6432'],
    },
    {
      name: 'a token in place of its hash, which is not repeated',
      text: valid.replace(HASH, 'spt_secret'),
      expected: [
        expect.stringMatching(
          /^21:17 subjects\[0\]\.tokens\[0\]\.sha256 must match pattern .* \| SHA-256 of the token/,
        ) as string,
      ],
    },
    {
      name: 'a date that is none',
      text: valid.replace(`sha256: ${HASH}`, `sha256: ${HASH}\n        expires: tomorrow`),
      expected: [
        '22:18 subjects[0].tokens[0].expires is not a date and time of RFC 3339, such as 2030-01-31T00:00:00Z',
      ],
    },
    {
      name: 'a certificate without a key',
      text: valid.replace('    resource: shop', '    resource: shop\n    tls: { certificate: x.pem }'),
      expected: ['7:10 listeners[0].tls lacks "key" beside "certificate" | PEM file with the private key.'],
    },
    {
      name: 'an unknown protocol',
      text: valid.replaceAll('protocol: postgres', 'protocol: postgress'),
      expected: [
        '4:15 unknown protocol "postgress" | did you mean "postgres"?',
        '9:15 unknown protocol "postgress" | did you mean "postgres"?',
      ],
    },
    {
      name: 'a listener to a resource that is not there',
      text: valid.replace('resource: shop', 'resource: shp'),
      expected: ['6:15 there is no resource "shp" | did you mean "shop"?'],
    },
    {
      name: 'a listener to a resource of another protocol',
      text: valid.replace('protocol: postgres', 'protocol: mysql'),
      expected: ['6:15 resource shop speaks postgres, its listener shop mysql'],
    },
    {
      name: 'a listener to nothing',
      text: valid.replace('    resource: shop\n', ''),
      expected: [
        '3:5 listener "shop" must name either one resource or several resources | give "resource: name", or "resources: [name, name]"',
      ],
    },
    {
      name: 'a listener to one and to several',
      text: valid.replace('    resource: shop\n', '    resource: shop\n    resources: [shop]\n'),
      expected: [
        '3:5 listener "shop" must name either one resource or several resources | give "resource: name", or "resources: [name, name]"',
      ],
    },
    {
      name: 'names given twice',
      text: valid.replace(/^ {2}- id: ada[^]*$/m, (subject) => subject + subject),
      expected: ['22:9 subject "ada" is given twice', '26:17 the token is given twice: for "ada" and for "ada"'],
    },
    {
      name: 'an address given twice',
      text: valid.replace(
        /^ {2}- name: shop\n {4}protocol: postgres\n {4}address.*\n.*\n/m,
        (listener) => listener + listener.replace('name: shop', 'name: two'),
      ),
      expected: ['9:14 address "127.0.0.1:6432" is given twice'],
    },
    {
      name: 'policies that are not there',
      text: valid.replace('policies: .', 'policies: nowhere'),
      expected: ["1:11 nowhere cannot be read | relative paths start at the file's own directory"],
    },
    {
      name: 'several things at once, in the order of the file',
      text: valid
        .replace('shop\n', 'Shop!\n')
        .replace('kind: human', 'kind: robot')
        .replace('user: gateway', 'usr: gateway'),
      expected: [
        expect.stringMatching(/^3:11 listeners\[0\]\.name must match pattern/) as string,
        expect.stringMatching(/^12:7 resources\[0\]\.target lacks "user"/) as string,
        '14:7 unknown key "usr" in resources[0].target | did you mean "user"?',
        '18:11 subjects[0].kind must be one of human, agent, ci, service | known: human, agent, ci, service',
      ],
    },
    { name: 'no YAML', text: 'policies: [', expected: [expect.stringMatching(/^1:12 /) as string] },
    { name: 'a key given twice', text: `${valid}policies: .\n`, expected: ['22:1 Map keys must be unique'] },
    {
      name: 'nothing at all',
      text: '',
      expected: [
        '1:1 the configuration must be object | What `sallyport serve --config sallyport.yaml` reads. Relative paths are relative to the file. Times are in milliseconds, lengths in bytes.',
      ],
    },
  ];

  test.each(cases)('$name', ({ text, expected }) => {
    expect(findings(text)).toEqual(expected);
  });

  test('a password is never repeated, wherever the error stands', () => {
    const texts = [
      valid.replace('{ env: SHOP_PASSWORD }', '[hunter2]'),
      valid.replace('{ env: SHOP_PASSWORD }', '"hunter2'),
    ];
    for (const text of texts) {
      const told = findings(text);
      expect(told.length).toBeGreaterThan(0);
      expect(told.join()).not.toContain('hunter2');
    }
  });
});

test('a file that is not there is told', () => {
  const file = join(temporaryDirectory(), 'sallyport.yaml');
  expect(() => loadConfig(file, [])).toThrow(expect.objectContaining({ code: 'SP_CONFIG_INVALID' }));
});

test('relative paths are relative to the file', () => {
  const directory = temporaryDirectory();
  const { privateKey } = generateKeyPairSync('ed25519');
  writeFileSync(join(directory, 'key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
  writeFileSync(join(directory, 'sallyport.yaml'), `${valid}recordings: { signing_key: key.pem }\n`);
  const loaded = loadConfig(join(directory, 'sallyport.yaml'), ['postgres']);
  expect(loaded.directory).toBe(directory);
});

describe('suggestions', () => {
  test.each([
    ['listners', 'listeners'],
    ['Listeners', 'listeners'],
    ['lsiteners', 'listeners'],
    ['resorces', 'resources'],
    ['rsource', 'resource'],
    ['colour', undefined],
    ['x', undefined],
  ])('%s → %s', (given, expected) => {
    expect(suggest(given, ['listeners', 'resources', 'resource', 'subjects'])).toBe(expected);
  });
});

describe('addresses', () => {
  test.each([
    ['127.0.0.1:6432', { host: '127.0.0.1', port: 6432 }],
    ['localhost:0', { host: 'localhost', port: 0 }],
    ['[::1]:5432', { host: '::1', port: 5432 }],
    ['::1:5432', undefined],
    ['[nonsense]:1', undefined],
    ['127.0.0.1', undefined],
    [':5432', undefined],
    ['host:', undefined],
    ['host:65536', undefined],
    ['host:-1', undefined],
    ['host: 1 ', undefined],
    ['a b:1', undefined],
    ['host:1e3', undefined],
  ])('%j', (text, expected) => {
    expect(parseAddress(text)).toEqual(expected);
  });

  test.each([
    ['127.0.0.1', true],
    ['127.8.8.8', true],
    ['::1', true],
    ['localhost', true],
    ['0.0.0.0', false],
    ['::', false],
    ['10.0.0.1', false],
    ['127.0.0.1.example.com', false],
  ])('%s is loopback: %s', (host, expected) => {
    expect(isLoopback(host)).toBe(expected);
  });
});

describe('channels of notifications', () => {
  const channels = (text: string, more = ''): string =>
    `${valid}${more}notifications:\n  channels:\n    ops: ${text}\n`;

  test.each([
    '{ url: "https://hooks.example.com/x" }',
    '{ url: { env: HOOK }, format: slack, per_minute: 5, approvals: true }',
    '{ url: "http://127.0.0.1:8080/", secret: { file: key }, backlog: { most: 10, hours: 0.5 } }',
    "{ url: { env: HOOK }, template: '{{message}} of {{subject.id}}' }",
  ])('%s', (text) => {
    expect(findings(channels(text))).toEqual([]);
  });

  test.each([
    ['{}', 'notifications.channels.ops lacks "url"'],
    ['{ url: "http://hooks.example.com/x" }', 'A channel needs an https:// address, or http:// to this machine.'],
    ['{ url: { env: HOOK }, secret: short }', 'A webhook secret is base64 of 24 to 64 bytes, after whsec_.'],
    ['{ url: { env: HOOK }, format: teams }', 'notifications.channels.ops.format must be one of json, slack'],
    ['{ url: { env: HOOK }, per_minute: 0 }', 'notifications.channels.ops.per_minute must be >= 1'],
    ['{ url: { env: HOOK }, backlog: {} }', 'notifications.channels.ops.backlog must NOT have fewer than 1 properties'],
    ["{ url: { env: HOOK }, template: '{{subejct.id}}' }", 'the template does not hold: {{subejct.id}} is nothing'],
  ])('%s is refused: %s', (text, message) => {
    expect(findings(channels(text))).toEqual([expect.stringContaining(message) as string]);
  });

  test('need a store', () => {
    expect(findings(channels('{ url: { env: HOOK } }', 'store: none\n'))).toEqual([
      expect.stringContaining('there are no channels without a store') as string,
    ]);
  });
});
