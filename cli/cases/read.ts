import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { LineCounter, parseDocument, type Document } from 'yaml';
import type { Diagnostic, Input } from '../../engine/contract.ts';
import type { Dialect } from '../../engine/dialect.ts';
import { Locator } from '../config/locate.ts';
import { shownPath } from '../policy-project.ts';
import { planCases, type PlannedCase } from './plan.ts';
import { checkCaseFile } from './schema.ts';
import { messageOf } from '../../engine/message-of.ts';

/** A case file, read and laid out. */
export interface PlannedFile {
  /** As it was found. */
  readonly path: string;
  /** As it is shown. */
  readonly file: string;
  /** What `policies` says, word for word; undefined: all that are under test. */
  readonly policies: readonly string[] | undefined;
  readonly cases: readonly PlannedCase[];
  /** Each at its row and column. Cases without a finding of their own are among `cases` all the same. */
  readonly findings: readonly Diagnostic[];
}

export interface ReadCasesOptions {
  readonly dialects: readonly Dialect[];
  /** Holds an input to the contract: see createInputCheck. */
  readonly check: (value: unknown) => Input;
}

/** Reads a case file (YAML 1.2, or JSON, which is YAML). Never throws: whatever is wrong is a finding (SP_CASES_INVALID). */
export function readCaseFile(path: string, options: ReadCasesOptions): PlannedFile {
  const file = shownPath(path);
  const lines = new LineCounter();
  const failed = (findings: readonly Diagnostic[]): PlannedFile => ({
    path,
    file,
    policies: undefined,
    cases: [],
    findings: inOrder(findings),
  });
  const invalid = (error: unknown): PlannedFile => {
    const why = messageOf(error);
    return failed([{ severity: 'error', code: 'SP_CASES_INVALID', message: `cannot be read: ${why}`, file }]);
  };
  let document: Document.Parsed;
  let value: unknown;
  try {
    document = parseDocument(readFileSync(path, 'utf8'), { lineCounter: lines, prettyErrors: false });
  } catch (error) {
    return invalid(error);
  }
  const locator = new Locator(file, document, lines, 'SP_CASES_INVALID');
  if (document.errors.length > 0) {
    return failed(document.errors.map((error) => locator.at(error.pos[0], error.message)));
  }
  try {
    value = document.toJS();
  } catch (error) {
    // An alias without an anchor, aliases that unfold to more than any file needs, nesting without end.
    return invalid(error);
  }
  const checked = checkCaseFile(value ?? {}, locator);
  if ('findings' in checked) return failed(checked.findings);
  const { policies } = checked.file;
  const { cases, findings } = planCases(checked.file, { ...options, locator, folder: dirname(path) });
  return {
    path,
    file,
    policies: typeof policies === 'string' ? [policies] : policies,
    cases,
    findings: inOrder(findings),
  };
}

function inOrder(findings: readonly Diagnostic[]): Diagnostic[] {
  return [...findings].sort((a, b) => (a.row ?? 0) - (b.row ?? 0) || (a.col ?? 0) - (b.col ?? 0));
}
