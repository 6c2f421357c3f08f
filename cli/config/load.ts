import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import type { Diagnostic } from '../../engine/contract.ts';
import { SallyportError } from '../../engine/errors.ts';
import { describeError } from '../../proxy/log.ts';
import { Locator } from './locate.ts';
import { referenceFindings } from './references.ts';
import { checkSchema } from './schema.ts';
import type { ConfigFile } from './types.ts';

/** SP_CONFIG_INVALID with every finding, each at its file, row and column. */
export class ConfigError extends SallyportError {
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super('SP_CONFIG_INVALID', diagnostics.map(({ message }) => message).join('; '));
    this.name = 'ConfigError';
    this.diagnostics = diagnostics;
  }
}

/** A configuration that holds, and the directory that its relative paths start at. */
export interface LoadedConfig {
  readonly config: ConfigFile;
  readonly directory: string;
}

/**
 * Reads and checks a configuration file (YAML 1.2).
 *
 * @param protocols names of the protocols that the gateway speaks
 * @throws ConfigError with all findings at once
 */
export function loadConfig(path: string, protocols: readonly string[]): LoadedConfig {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError([
      { severity: 'error', code: 'SP_CONFIG_INVALID', message: `cannot be read: ${describeError(error)}`, file: path },
    ]);
  }
  const config = parseConfig(text, { file: path, directory: dirname(resolve(path)), protocols });
  return { config, directory: dirname(resolve(path)) };
}

/** As `loadConfig`, of a text. @throws ConfigError */
export function parseConfig(
  text: string,
  { file, directory, protocols }: { file: string; directory: string; protocols: readonly string[] },
): ConfigFile {
  const lines = new LineCounter();
  // prettyErrors would quote the line, and a line may hold a password.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const locator = new Locator(file, document, lines, 'SP_CONFIG_INVALID');
  if (document.errors.length > 0) {
    throw new ConfigError(document.errors.map((error) => locator.at(error.pos[0], error.message)));
  }
  const checked = checkSchema(document.toJS(), locator);
  if ('findings' in checked) throw new ConfigError(inOrder(checked.findings));
  const findings = referenceFindings(checked.config, { locator, directory, protocols });
  if (findings.length > 0) throw new ConfigError(inOrder(findings));
  return checked.config;
}

function inOrder(findings: readonly Diagnostic[]): Diagnostic[] {
  return [...findings].sort((a, b) => (a.row ?? 0) - (b.row ?? 0) || (a.col ?? 0) - (b.col ?? 0));
}
