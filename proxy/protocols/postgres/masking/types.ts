import type { ValueKind } from '../../../masking/ways/value.ts';

/** How values of a type are masked. */
export interface MaskType {
  readonly kind: ValueKind;
  /** What stands before the text in binary format: jsonb's version. */
  readonly version?: number;
  /** The type is an array of such values. */
  readonly array?: boolean;
}

export const OPAQUE: MaskType = { kind: 'opaque' };
export const TEXT: MaskType = { kind: 'text' };

/**
 * Types of pg_catalog (pg_type.dat): name, OID, OID of its arrays, kind. Other types, those that extensions or users have made among them, have OIDs
 * that only their database knows, and values that only it could check.
 */
const KNOWN: readonly (readonly [name: string, oid: number, array: number, kind: ValueKind, version?: number])[] = [
  ['text', 25, 1009, 'text'],
  ['varchar', 1043, 1015, 'text'],
  ['bpchar', 1042, 1014, 'text'],
  ['name', 19, 1003, 'text'],
  ['unknown', 705, 0, 'text'],
  ['cstring', 2275, 1263, 'text'],
  ['json', 114, 199, 'json'],
  ['jsonb', 3802, 3807, 'json', 1],
  ['xml', 142, 143, 'xml'],
  ['uuid', 2950, 2951, 'uuid'],
  ['int2', 21, 1005, 'int16'],
  ['int4', 23, 1007, 'int32'],
  ['int8', 20, 1016, 'int64'],
  ['numeric', 1700, 1231, 'decimal'],
  ['float4', 700, 1021, 'float32'],
  ['float8', 701, 1022, 'float64'],
  ['date', 1082, 1182, 'date'],
  ['timestamp', 1114, 1115, 'timestamp'],
  ['timestamptz', 1184, 1185, 'timestamptz'],
  ['inet', 869, 1041, 'inet'],
  ['cidr', 650, 651, 'cidr'],
  ['bytea', 17, 1001, 'bytes'],
];

const byOid = new Map<number, MaskType>();
const byName = new Map<string, MaskType>([
  // An extension's, whose values are any text, in both formats.
  ['citext', TEXT],
  ['_citext', { ...TEXT, array: true }],
]);
for (const [name, oid, array, kind, version] of KNOWN) {
  const type = version === undefined ? { kind } : { kind, version };
  byOid.set(oid, type);
  byName.set(name, type);
  if (array !== 0) byOid.set(array, { ...type, array: true });
  byName.set(`_${name}`, { ...type, array: true });
}
for (const [alias, name] of [
  ['smallint', 'int2'],
  ['integer', 'int4'],
  ['bigint', 'int8'],
  ['real', 'float4'],
  ['double precision', 'float8'],
  ['character varying', 'varchar'],
  ['character', 'bpchar'],
  ['timestamp without time zone', 'timestamp'],
  ['timestamp with time zone', 'timestamptz'],
] as const) {
  byName.set(alias, byName.get(name) ?? OPAQUE);
}

/**
 * @param name the type's name where lineage knows it, `text[]` or `_text` for an array: so that a type whose OID says nothing is known
 */
export function typeOf(oid: number, name = ''): MaskType {
  return byOid.get(oid) ?? (oid >= FIRST_USER_OID || oid === 0 ? typeNamed(name) : OPAQUE);
}

/** OIDs from here on are given out by each database itself (FirstNormalObjectId). */
const FIRST_USER_OID = 16384;

export function typeNamed(name: string): MaskType {
  const element = name.endsWith('[]') ? `_${name.slice(0, -2)}` : name;
  return byName.get(element.replace(/^pg_catalog\./, '')) ?? OPAQUE;
}
