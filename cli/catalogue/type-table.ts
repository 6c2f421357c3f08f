import { put, type TypeRow } from '../../proxy/catalogue/content.ts';

/** SQL's words for types, by PostgreSQL's names of them (manual, chapter 8). */
const ALIASES: Readonly<Record<string, string>> = {
  bigint: 'int8',
  boolean: 'bool',
  char: 'bpchar',
  character: 'bpchar',
  'character varying': 'varchar',
  decimal: 'numeric',
  'double precision': 'float8',
  int: 'int4',
  integer: 'int4',
  real: 'float4',
  smallint: 'int2',
  'timestamp with time zone': 'timestamptz',
  'timestamp without time zone': 'timestamp',
};

const ROW_TYPES_FROM = 50_000;

/** The types that a written catalogue speaks of. Their numbers are made up: nothing is compared with a target's. */
export class TypeTable {
  readonly types = new Map<number, TypeRow>();
  readonly oids = new Map<string, Map<string, number>>();

  /** @param written `text`, `varchar(20)`, `integer[]`, `public.mood` */
  oidOf(written: string): number {
    const array = written.endsWith('[]');
    const plain = (array ? written.slice(0, -2) : written).replace(/\(.*\)$/, '').trim();
    const lower = plain.toLowerCase();
    const [first = '', second] = plain.split('.');
    const [schema, name] = second === undefined ? ['pg_catalog', ALIASES[lower] ?? lower] : [first, second];
    const element = this.#named(schema, name, { kind: 'b', category: 'U' });
    return array ? this.#named(schema, `_${name}`, { kind: 'b', category: 'A', element }) : element;
  }

  /** The type of a relation's rows. */
  addRowType(schema: string, name: string, relation: number): void {
    const oid = ROW_TYPES_FROM + relation;
    this.#add({ oid, schema, name, kind: 'c', category: 'C', element: 0, base: 0, relation });
  }

  #named(schema: string, name: string, made: Pick<TypeRow, 'kind' | 'category'> & { element?: number }): number {
    const known = this.oids.get(schema)?.get(name);
    if (known !== undefined) return known;
    const oid = this.types.size + 1;
    this.#add({ oid, schema, name, base: 0, relation: 0, element: 0, ...made });
    return oid;
  }

  #add(row: TypeRow): void {
    this.types.set(row.oid, row);
    put(this.oids, row.schema, row.name, row.oid);
  }
}
