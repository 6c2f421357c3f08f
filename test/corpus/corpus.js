// Runs PostgreSQL's regression statements through the PostgreSQL dialect: npm run corpus [-- --json FILE] [-- --limit N].
// The corpus is for evaluation and not part of the project; without it there is nothing to do.
import console from 'node:console';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { URL } from 'node:url';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';

/**
 * @typedef {{ sql: string, source: string, pg15_sqlstate: string | null, pg15_msg: string | null }} Case
 * @typedef {{ statements: number, complete: number }} Share
 */

const corpusFile = new URL('../../../shared/corpora/pg_regress.jsonl.gz', import.meta.url);
/** Least share of the statements that a real PostgreSQL does not refuse as syntax errors. */
const LEAST_ACCEPTED = 0.99;
const SYNTAX_ERROR = '42601';

const { values } = parseArgs({ options: { json: { type: 'string' }, limit: { type: 'string' } } });

if (!existsSync(corpusFile)) {
  console.log('The corpus pg_regress.jsonl.gz is not on this machine: nothing measured.');
} else {
  const report = await measure(readCorpus(values.limit === undefined ? Infinity : Number(values.limit)));
  print(report);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, undefined, 2)}\n`);
  if (report.crashes.length > 0 || report.acceptedOfValid < LEAST_ACCEPTED) process.exitCode = 1;
}

/** @param {number} limit @returns {Case[]} */
function readCorpus(limit) {
  const lines = gunzipSync(readFileSync(corpusFile)).toString('utf8').trim().split('\n');
  return lines.slice(0, limit).map(readCase);
}

/** @param {string} line */
function readCase(line) {
  /** @type {unknown} */
  const value = JSON.parse(line);
  return /** @type {Case} */ (value);
}

/** @param {Case[]} cases */
async function measure(cases) {
  // The built package, as it is shipped.
  const dist = new URL('../../dist/dialects/sql/postgres/', import.meta.url).href;
  /** @type {unknown} */
  const indexModule = await import(`${dist}index.js`);
  const { createPostgresDialect } = /** @type {typeof import('../../dialects/sql/postgres/index.ts')} */ (indexModule);
  /** @type {unknown} */
  const parserModule = await import(`${dist}parser.js`);
  const { createParser } = /** @type {typeof import('../../dialects/sql/postgres/parser.ts')} */ (parserModule);
  const parser = await createParser();
  const dialect = await createPostgresDialect({ cacheEntries: 0 });

  const times = { parse: /** @type {number[]} */ ([]), parseAndMap: /** @type {number[]} */ ([]) };
  /** @type {Map<string, Share>} */
  const kinds = new Map();
  /** @type {Map<string, { count: number, examples: string[] }>} */
  const reasons = new Map();
  /** @type {Map<string, number>} */
  const refusals = new Map();
  const crashes = [];
  let accepted = 0;
  let valid = 0;
  let acceptedOfValid = 0;
  let complete = 0;
  for (const { sql, pg15_sqlstate: sqlstate } of cases) {
    const start = performance.now();
    parser.parse(sql);
    const parsed = performance.now();
    let result;
    try {
      result = dialect.parse({ text: sql });
    } catch (error) {
      crashes.push({ sql, error: String(error) });
      continue;
    }
    times.parse.push((parsed - start) * 1000);
    times.parseAndMap.push((performance.now() - parsed) * 1000);
    if (result.diagnostics.some(({ code }) => code === 'parser_failure'))
      crashes.push({ sql, error: 'parser_failure' });
    const refused = result.diagnostics.find(({ severity }) => severity === 'error');
    if (refused === undefined) accepted++;
    if (sqlstate !== SYNTAX_ERROR) {
      valid++;
      if (refused === undefined) acceptedOfValid++;
      else refusals.set(refused.message, (refusals.get(refused.message) ?? 0) + 1);
    }
    if (refused !== undefined) continue;
    if (result.complete) complete++;
    for (const { attributes, complete: whole, reasons: why } of result.commands) {
      const { statement } = attributes;
      const kind = typeof statement === 'string' ? statement : 'unknown';
      const share = kinds.get(kind) ?? { statements: 0, complete: 0 };
      kinds.set(kind, { statements: share.statements + 1, complete: share.complete + (whole ? 1 : 0) });
      for (const reason of why) {
        const entry = reasons.get(reason) ?? { count: 0, examples: [] };
        entry.count++;
        if (entry.examples.length < 5) entry.examples.push(sql.slice(0, 160).replaceAll(/\s+/g, ' '));
        reasons.set(reason, entry);
      }
    }
  }
  return {
    statements: cases.length,
    accepted: accepted / cases.length,
    valid,
    acceptedOfValid: acceptedOfValid / valid,
    complete: complete / accepted,
    crashes,
    microseconds: { parse: quantiles(times.parse), parseAndMap: quantiles(times.parseAndMap) },
    kinds: Object.fromEntries([...kinds].sort(([, left], [, right]) => right.statements - left.statements)),
    reasons: Object.fromEntries([...reasons].sort(([, left], [, right]) => right.count - left.count)),
    refusals: Object.fromEntries([...refusals].sort(([, left], [, right]) => right - left).slice(0, 20)),
  };
}

/** @param {number[]} times */
function quantiles(times) {
  const sorted = times.toSorted((left, right) => left - right);
  /** @param {number} share */
  const at = (share) =>
    Number((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(1));
  return { median: at(0.5), p99: at(0.99), max: at(1) };
}

/** @param {Awaited<ReturnType<typeof measure>>} report */
function print(report) {
  const { parse, parseAndMap } = report.microseconds;
  console.log(`statements           ${report.statements}`);
  console.log(`accepted             ${percent(report.accepted)}`);
  console.log(
    `  of valid ones      ${percent(report.acceptedOfValid)} of ${report.valid} (PostgreSQL 15: no syntax error)`,
  );
  console.log(`complete             ${percent(report.complete)} of the accepted`);
  console.log(`crashes              ${report.crashes.length}`);
  console.log(`parse                median ${parse.median} µs, p99 ${parse.p99} µs, max ${parse.max} µs`);
  console.log(
    `parse and map        median ${parseAndMap.median} µs, p99 ${parseAndMap.p99} µs, max ${parseAndMap.max} µs`,
  );
  console.log('\nstatement kind                     count  complete');
  for (const [kind, share] of Object.entries(report.kinds)) {
    const complete = percent(share.complete / share.statements);
    console.log(`${kind.padEnd(32)} ${String(share.statements).padStart(7)}  ${complete.padStart(8)}`);
  }
  console.log('\nreasons for the rest');
  for (const [reason, { count, examples }] of Object.entries(report.reasons)) {
    console.log(`${String(count).padStart(7)}  ${reason}`);
    for (const example of examples.slice(0, 2)) console.log(`           ${example}`);
  }
  console.log('\nrefused, though PostgreSQL 15 finds no syntax error');
  for (const [message, count] of Object.entries(report.refusals))
    console.log(`${String(count).padStart(7)}  ${message}`);
}

/** @param {number} share */
function percent(share) {
  return `${(share * 100).toFixed(2)} %`;
}
