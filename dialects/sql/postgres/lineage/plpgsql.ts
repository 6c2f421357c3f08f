import type { CatalogueFunction } from '../../../../engine/catalogue.ts';
import { mapStatement } from '../commands.ts';
import { createOffsetMap } from '../offsets.ts';
import type { Analysis } from './analysis.ts';

const PURE: ReadonlySet<string> = new Set(['pure', 'session']);

/**
 * Whether a PL/pgSQL body plainly touches nothing but its arguments: no relation, no dynamic SQL, no function that is
 * not known to be pure. The mapper reads it as it reads CREATE FUNCTION.
 */
export function isPureBody(called: CatalogueFunction, analysis: Analysis): boolean {
  const text = definitionOf(called);
  const known = analysis.memo.bodies.get(text);
  if (known !== undefined) return known;
  const pure = judge(text, analysis);
  analysis.memo.bodies.set(text, pure);
  return pure;
}

function judge(text: string, analysis: Analysis): boolean {
  const { services } = analysis;
  const parsed = services.parser.parse(text);
  const raw = parsed.ok && parsed.tree.stmts?.length === 1 ? parsed.tree.stmts[0] : undefined;
  if (raw === undefined) return false;
  const settings = { catalogFirst: true, prepared: new Map<string, string>() };
  const { command } = mapStatement(raw, text, createOffsetMap(text), services, settings);
  const body = command.attributes['body'];
  if (!isRecord(body) || body['complete'] !== true) return false;
  const { targets, functions } = body;
  if (!Array.isArray(targets) || targets.length > 0 || !Array.isArray(functions)) return false;
  return functions.every((path: unknown) => {
    if (!Array.isArray(path)) return false;
    const names = path.filter((part): part is string => typeof part === 'string');
    return (
      PURE.has(services.lookupFunction(names)?.category ?? '') &&
      analysis.resolver.functions(names.slice(-1)).every(({ schema }) => schema === 'pg_catalog')
    );
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function definitionOf(called: CatalogueFunction): string {
  const source = called.source ?? '';
  let tag = 'body';
  while (source.includes(`$${tag}$`)) tag += '_';
  const inputs = called.inputs.map(({ name, type }) => `${quoted(name)} ${type}`);
  const outputs = called.outputs.map(({ name, type }) => `OUT ${quoted(name)} ${type}`);
  const { returns } = called;
  const result =
    outputs.length > 0 ? '' : `RETURNS ${returns.set ? 'SETOF ' : ''}${quoted(returns.schema)}.${quoted(returns.name)}`;
  return `CREATE FUNCTION f(${[...inputs, ...outputs].join(', ')}) ${result} LANGUAGE plpgsql AS $${tag}$${source}$${tag}$`;
}

function quoted(name: string): string {
  return name === '' ? '' : `"${name.replaceAll('"', '""')}"`;
}
