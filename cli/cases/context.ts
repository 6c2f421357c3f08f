import type { JsonObject, Parameter } from '../../engine/contract.ts';
import { isObject } from '../../engine/is-object.ts';
import { shortResource, shortSubject } from '../eval/arguments.ts';
import type { Context, GivenParameter } from './types.ts';

/** The moment at which cases are decided unless they say another: the same every day. */
export const DEFAULT_NOW = '2026-01-01T12:00:00Z';

/** What stands nearer to the statement comes first; of session, client and settings only what it names. */
export function mergeContexts(outer: Context, inner: Context): Context {
  const merged: { -readonly [Key in keyof Context]: Context[Key] } = { ...pick(outer), ...pick(inner) };
  for (const key of ['session', 'client', 'settings'] as const) {
    const [base, changes] = [outer[key], inner[key]];
    if (base !== undefined && changes !== undefined) merged[key] = mergeObjects(base, changes);
  }
  return merged;
}

/** Objects into objects; anything else takes the place of what was there. */
export function mergeObjects(base: JsonObject, changes: JsonObject): JsonObject {
  const merged: JsonObject = { ...base };
  for (const [key, value] of Object.entries(changes)) {
    const before = merged[key];
    merged[key] = isObject(before) && isObject(value) ? mergeObjects(before, value) : value;
  }
  return merged;
}

function pick({ dialect, subject, resource, session, client, now, settings, catalogue }: Context): Context {
  const all = { dialect, subject, resource, session, client, now, settings, catalogue };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** A subject or resource: an object, `a,b,c`, or a declared name; undefined when there is no such name. */
export function resolveReference(
  kind: 'subject' | 'resource',
  given: string | JsonObject,
  declared: Readonly<Record<string, string | JsonObject>>,
): JsonObject | undefined {
  if (typeof given !== 'string') return given;
  const named = Object.hasOwn(declared, given) ? declared[given] : undefined;
  if (named !== undefined && typeof named !== 'string') return named;
  const text = named ?? given;
  if (!text.includes(',')) return undefined;
  const parts = text.split(',').map((part) => part.trim());
  return kind === 'subject' ? shortSubject(parts) : shortResource(parts);
}

/** Bound values as the protocol would hand them over. */
export function readParameters(given: readonly GivenParameter[]): Parameter[] {
  return given.map((value) => {
    if (value === null) return { format: 'text', is_null: true };
    return typeof value === 'object' ? value : { format: 'text', is_null: false, text: String(value) };
  });
}
