import { readFileSync } from 'node:fs';
import { brotliDecompressSync } from 'node:zlib';

/** One of OPA's own cases as generate.go wrote it; `data`, `input` and `want` are JSON texts, so that numbers keep all their digits. */
export interface ConformanceCase {
  /** `v0/…` and `v1/…`: cases that came out the same are one. */
  readonly names: readonly string[];
  /** The package that everything is below; empty for a case that is compiled alone. */
  readonly package: string;
  readonly modules: readonly string[];
  /** The module whose rule `results` is the set of the query's bindings. */
  readonly query: string;
  /** Builtins that are called by name. */
  readonly builtins: readonly string[];
  readonly data?: string;
  readonly input?: string;
  readonly want?: string;
  /** The arrays in the bindings are sets. */
  readonly sort?: boolean;
  /** OPA's code of the error that ends the evaluation. */
  readonly error?: string;
  /** OPA's code of the error in strict mode; `want` is what OPA answers without it. */
  readonly strict?: string;
  /** Why the case cannot be written in Rego v1. */
  readonly unwritable?: string;
}

export interface ConformanceCases {
  readonly opa: string;
  /** How many cases OPA has; those that came out the same are counted one by one. */
  readonly total: number;
  readonly cases: readonly ConformanceCase[];
}

export const casesFile = new URL('./cases.jsonl.br', import.meta.url);

export function readCases(): ConformanceCases {
  const [first = '', ...lines] = brotliDecompressSync(readFileSync(casesFile)).toString('utf8').trimEnd().split('\n');
  const header = JSON.parse(first) as { opa: string; cases: number };
  return { opa: header.opa, total: header.cases, cases: lines.map((line) => JSON.parse(line) as ConformanceCase) };
}
