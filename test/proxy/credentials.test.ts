import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createCredential } from '../../proxy/credentials/credential.ts';
import { temporaryDirectory } from './support/fixtures.ts';

describe('a credential', () => {
  test('may stand in the configuration itself', () => {
    expect(createCredential(' as it is ')()).toBe(' as it is ');
  });

  test('may come from the environment, read each time', () => {
    const environment: Record<string, string> = { SECRET: 'one' };
    const credential = createCredential({ env: 'SECRET' }, environment);
    expect(credential()).toBe('one');
    environment['SECRET'] = 'two';
    expect(credential()).toBe('two');
  });

  test('may come from a file, trimmed, read each time: a rotated secret counts at once', () => {
    const file = join(temporaryDirectory(), 'secret');
    const credential = createCredential({ file });
    writeFileSync(file, 'one\n');
    expect(credential()).toBe('one');
    writeFileSync(file, '  two  \r\n');
    expect(credential()).toBe('two');
  });

  test.each([
    ['a variable that is not set', {}],
    ['a variable that is empty', { SECRET: '' }],
  ])('that is missing is named: %s', (_, environment) => {
    expect(createCredential({ env: 'SECRET' }, environment)).toThrow(
      expect.objectContaining({ code: 'SP_CONFIG_INVALID', message: 'The environment variable SECRET is not set.' }),
    );
  });

  test('whose file is not there, or empty, is named', () => {
    const file = join(temporaryDirectory(), 'secret');
    const credential = createCredential({ file });
    expect(credential).toThrow(`The credential file ${file} cannot be read.`);
    writeFileSync(file, '\n');
    expect(credential).toThrow(`The credential file ${file} is empty.`);
    rmSync(file);
  });
});
