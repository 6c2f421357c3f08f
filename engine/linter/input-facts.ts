import type { Dialect, JsonSchema } from '../dialect.ts';
import { isObject } from '../is-object.ts';
import { contractSchema } from '../schema/input-schema.ts';

/** What lint rules read as `data.sallyport`: what the input's schema says, in a form that Rego looks things up in. */
export interface InputFacts {
  /** The schema itself, with the dialects' attributes composed in. */
  readonly schema: JsonSchema;
  /**
   * By path below `input`, with `/` between names and `*` for any element of a list or any key of a map:
   * `command/targets/*\/access`. A path that no dialect has is not there.
   */
  readonly paths: Readonly<Record<string, PathFact>>;
  /** The first names below `command.attributes`, by dialect. */
  readonly attributes: Readonly<Record<string, readonly string[]>>;
  /** What the arguments of policies/lib's functions are compared with: a path, by function and position from 0. */
  readonly arguments: Readonly<Record<string, Readonly<Record<number, string>>>>;
}

export interface PathFact {
  /** All that it can be, sorted; absent where the schema does not say, for any of the dialects. */
  readonly values?: readonly string[];
  /** Whether it is a list, for every dialect that has it. */
  readonly list?: boolean;
}

const libraryArguments: InputFacts['arguments'] = {
  'data.sallyport.sql.touches_for': { 0: 'command/targets/*/access' },
};

/** How deep paths are followed: a schema may refer to itself. */
const maximumDepth = 12;

export function inputFacts(dialects: readonly Pick<Dialect, 'name' | 'attributesSchema'>[]): InputFacts {
  const schema = contractSchema('Input', dialects);
  const paths: Record<string, PathFact> = {};
  describe([schema], [], schema, paths);
  const attributes = dialects.flatMap(({ name, attributesSchema }): [string, string[]][] => {
    const own = alternativesOf(attributesSchema, attributesSchema);
    const names = new Set(own.flatMap((one) => Object.keys(properties(one))));
    // A schema that is open says nothing about which names there are.
    return own.every(isClosed) ? [[name, [...names].sort()]] : [];
  });
  return {
    schema,
    paths,
    attributes: Object.fromEntries(attributes),
    arguments: libraryArguments,
  };
}

/** Notes what `path` can be, and goes on below it. */
function describe(
  schemas: readonly JsonSchema[],
  path: readonly string[],
  root: JsonSchema,
  paths: Record<string, PathFact>,
): void {
  const alternatives = schemas.flatMap((one) => alternativesOf(one, root));
  if (path.length > 0) paths[path.join('/')] = factOf(alternatives);
  if (path.length >= maximumDepth) return;
  for (const name of new Set(alternatives.flatMap((one) => Object.keys(properties(one))))) {
    const below = alternatives.map((one) => propertyOf(one, name)).filter((one) => one !== undefined);
    describe(below, [...path, name], root, paths);
  }
  const elements = alternatives.map(elementOf).filter((one) => one !== undefined);
  if (elements.length > 0) describe(elements, [...path, '*'], root, paths);
}

function factOf(alternatives: readonly JsonSchema[]): PathFact {
  const values = alternatives.map(({ enum: listed, const: constant }) => {
    if (Array.isArray(listed) && listed.every((value) => typeof value === 'string')) return listed;
    return typeof constant === 'string' ? [constant] : undefined;
  });
  const known = values.every((list) => list !== undefined) ? values.flat() : undefined;
  return {
    ...(known === undefined || known.length === 0 ? {} : { values: [...new Set(known)].sort() }),
    ...(alternatives.length > 0 && alternatives.every(({ type }) => type === 'array') ? { list: true } : {}),
  };
}

/** The schemas of which one must hold, with references followed. */
function alternativesOf(schema: JsonSchema, root: JsonSchema): readonly JsonSchema[] {
  const { $ref, anyOf, oneOf } = schema;
  if (typeof $ref === 'string') {
    const definitions = root['$defs'];
    const target = isObject(definitions) ? definitions[$ref.replace('#/$defs/', '')] : undefined;
    return isObject(target) ? alternativesOf(target, root) : [{}];
  }
  const several = Array.isArray(anyOf) ? anyOf : oneOf;
  if (!Array.isArray(several)) return [schema];
  return several.flatMap((one) => (isObject(one) ? alternativesOf(one, root) : [{}]));
}

function properties(schema: JsonSchema): Record<string, unknown> {
  return isObject(schema['properties']) ? schema['properties'] : {};
}

function isClosed(schema: JsonSchema): boolean {
  return schema['additionalProperties'] === false;
}

/** Undefined where the schema has no such property; an empty schema where it could be anything. */
function propertyOf(schema: JsonSchema, name: string): JsonSchema | undefined {
  const own = properties(schema)[name];
  if (isObject(own)) return own;
  const others = schema['additionalProperties'];
  if (isObject(others)) return others;
  return others === false || (schema['type'] !== undefined && schema['type'] !== 'object') ? undefined : {};
}

function elementOf(schema: JsonSchema): JsonSchema | undefined {
  if (isObject(schema['items'])) return schema['items'];
  const others = schema['additionalProperties'];
  return schema['type'] === 'object' && isObject(others) ? others : undefined;
}
