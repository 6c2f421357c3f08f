import type { Diagnostic } from '../../engine/contract.ts';
import { SallyportError } from '../../engine/errors.ts';
import { policyFilesBelow, readPolicyFile } from '../../engine/policy-folder.ts';
import { placePath } from '../../engine/policy-sources.ts';
import { shownPath } from '../policy-project.ts';
import { messageOf } from '../../engine/message-of.ts';

/** A Rego file's text, as far as formatting it is concerned. */
export interface RegoFile {
  /** The path to show and to open: relative to the working directory. */
  readonly path: string;
  /** Without a byte order mark. */
  readonly text: string;
  /** It begins with a byte order mark. */
  readonly marked: boolean;
}

/**
 * Reads the Rego files at some places, each by itself: one that cannot be read is a finding and does not hide the others.
 *
 * @throws SallyportError SP_BUNDLE_NOT_FOUND when a place does not exist or there is no Rego at all
 */
export async function readRegoFiles(places: readonly string[]): Promise<{ files: RegoFile[]; findings: Diagnostic[] }> {
  const paths = new Set<string>();
  for (const place of places) {
    for (const file of await policyFilesBelow(placePath(place))) if (file.endsWith('.rego')) paths.add(shownPath(file));
  }
  if (paths.size === 0) {
    throw new SallyportError('SP_BUNDLE_NOT_FOUND', `There is no Rego in ${places.join(', ')}.`, {
      help: 'Policies are *.rego files.',
    });
  }
  const files: RegoFile[] = [];
  const findings: Diagnostic[] = [];
  for (const path of [...paths].sort()) {
    try {
      files.push(decodeRego(path, await readPolicyFile(path)));
    } catch (error) {
      const message = messageOf(error);
      findings.push({ severity: 'error', code: 'SP_POLICY_INVALID', message, file: path });
    }
  }
  return { files, findings };
}

/** @throws Error when the bytes are not UTF-8 */
export function decodeRego(path: string, bytes: Uint8Array): RegoFile {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const marked = text.startsWith('\ufeff');
    return { path, text: marked ? text.slice(1) : text, marked };
  } catch (cause) {
    throw new Error('it is not valid UTF-8', { cause });
  }
}
