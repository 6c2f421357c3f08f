import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { structuralForm } from './structural-form.ts';

/** One file of a signed bundle, as the signature's `files` claim names it (OPA's documentation, "Signature Format"). */
export interface SignedFile {
  readonly name: string;
  /** Hexadecimal. */
  readonly hash: string;
  readonly algorithm: string;
}

/** OPA writes SHA-256 always, and could read more; MD5 and SHA-1 prove nothing any more. */
export const digestAlgorithms: Readonly<Record<string, string>> = {
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
  'SHA-512-256': 'sha512-256',
};

/**
 * A file's digest as OPA computes it: over its bytes, or over the structural form of the documents whose layout does not
 * count (`.manifest`, `data.json`, `data.yaml`).
 *
 * @param algorithm a key of `digestAlgorithms`
 * @returns hexadecimal
 * @throws Error when a document is not JSON or YAML; when there is no such algorithm
 */
export function fileDigest(name: string, content: Buffer, algorithm: string): string {
  const hash = Object.hasOwn(digestAlgorithms, algorithm) ? digestAlgorithms[algorithm] : undefined;
  if (hash === undefined) throw new Error(`the digest's algorithm ${JSON.stringify(algorithm)} is not supported`);
  return createHash(hash).update(hashedForm(name, content)).digest('hex');
}

function hashedForm(name: string, content: Buffer): string | Buffer {
  const base = posix.basename(name);
  if (base === 'data.yaml' || base === 'data.yml') return structuralForm(JSON.stringify(parseYaml(decode(content))));
  if (base === 'data.json' || base === '.manifest') return structuralForm(decode(content));
  return content;
}

/** Strict, because OPA would hash something else than what stands there; a byte order mark is left out, as OPA does. */
function decode(content: Buffer): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(content);
}
