import { readFileSync } from 'node:fs';
import { SallyportError } from '../../engine/errors.ts';

/**
 * Where a secret of the gateway comes from: an environment variable, a file, or the configuration itself. Only the
 * reference travels through the gateway; the secret is read where it is used and never logged.
 */
export type CredentialReference = string | { readonly env: string } | { readonly file: string };

/** Reads the secret. Called for each new connection, so that a rotated file counts from the next one on. */
export type Credential = () => string;

/**
 * @param environment read at each call
 * @returns a function that throws SallyportError SP_CONFIG_INVALID when the secret is not there; the message names the
 *   reference, never a value
 */
export function createCredential(
  reference: CredentialReference,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Credential {
  if (typeof reference === 'string') return () => reference;
  if ('env' in reference) return () => fromEnvironment(reference.env, environment);
  return () => fromFile(reference.file);
}

function fromEnvironment(name: string, environment: Readonly<Record<string, string | undefined>>): string {
  const value = environment[name];
  if (value === undefined || value === '') {
    throw new SallyportError('SP_CONFIG_INVALID', `The environment variable ${name} is not set.`, {
      help: `Set ${name} where the gateway is started.`,
    });
  }
  return value;
}

/** Trimmed: editors and `echo` end a file with a line feed that is no part of the secret. */
function fromFile(path: string): string {
  let value: string;
  try {
    value = readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new SallyportError('SP_CONFIG_INVALID', `The credential file ${path} cannot be read.`, {
      help: "Check its path and that the gateway's user may read it.",
      cause: error,
    });
  }
  if (value === '') throw new SallyportError('SP_CONFIG_INVALID', `The credential file ${path} is empty.`);
  return value;
}
