import type {
  A_Expr,
  A_Indirection,
  ColumnRef,
  Node,
  ParamRef,
  RangeVar,
  SortBy,
  SQLValueFunction,
  SubLink,
  TypeCast,
  TypeName,
} from '@pgsql/types';
import { callFunction, useBuiltin } from './functions.ts';
import type { Mapping } from './mapping.ts';
import { parseQualifiedName, stringOf, stringsOf } from './names.ts';

export function visitColumnRef(reference: ColumnRef, mapping: Mapping): void {
  const fields = reference.fields ?? [];
  const last = fields.at(-1);
  const star = last !== undefined && 'A_Star' in last;
  const parts = stringsOf(fields);
  mapping.column(parts, star);
  // `t.f` may stand for `f(t)`: of the built-in functions only these give back what the row holds.
  if (!star && parts.length > 1 && rowFunctions.has(parts[parts.length - 1] ?? '')) {
    mapping.column(parts.slice(0, -1), true);
  }
}

const rowFunctions: ReadonlySet<string> = new Set([
  'row_to_json',
  'to_json',
  'to_jsonb',
  'json_agg',
  'jsonb_agg',
  'array_agg',
  'array_to_json',
  'record_out',
  'record_send',
  'concat',
  'quote_literal',
  'quote_nullable',
  'json_build_array',
  'json_build_object',
  'jsonb_build_array',
  'jsonb_build_object',
  'any_value',
  'hash_record',
]);

/** `(t).column` and `(t).*` name columns; subscripts hold expressions. */
export function visitIndirection(indirection: A_Indirection, mapping: Mapping): void {
  const { arg } = indirection;
  const first = indirection.indirection?.[0];
  if (arg !== undefined && 'ColumnRef' in arg && first !== undefined && !('A_Indices' in first)) {
    const parts = stringsOf(arg.ColumnRef.fields);
    const qualifier = parts[0];
    if (parts.length === 1 && qualifier !== undefined && namesRange(mapping, qualifier)) {
      const star = 'A_Star' in first;
      const column = stringOf(first);
      visitColumnRef({ fields: [...(arg.ColumnRef.fields ?? []), first] }, mapping);
      if (!star && column === undefined) mapping.incomplete('unknown_node');
      visitFields(indirection.indirection?.slice(1), arg, mapping);
      return;
    }
  }
  mapping.visit(arg);
  visitFields(indirection.indirection, arg, mapping);
}

/**
 * `(expression).name` is a field of a composite value or else a call: `('/etc/passwd'::text).pg_read_file` reads the
 * file. Without the catalog the two cannot be told apart, so all but the fields of PostgreSQL's own composite results
 * are taken for calls. A field of a user-defined type can be declared like a function.
 */
function visitFields(fields: readonly Node[] | undefined, arg: Node | undefined, mapping: Mapping): void {
  for (const field of fields ?? []) {
    const name = stringOf(field);
    if (name === undefined) mapping.visit(field);
    else if (!compositeFields.has(name)) callFunction([name], arg === undefined ? [] : [arg], mapping);
  }
}

/** Fields of ROW(…), _pg_expandarray, aclexplode, json_each, pg_identify_object and their kin. */
const compositeFields: ReadonlySet<string> = new Set(
  `n x f1 f2 f3 f4 f5 f6 f7 f8 grantee grantor privilege_type is_grantable key value type schema name identity
  object_names object_args classid objid objsubid option_name option_value word ndoc nentry tokid token alias
  start_value minimum_value maximum_value increment cycle_option cache_size last_value`.split(/\s+/),
);

function namesRange(mapping: Mapping, name: string): boolean {
  for (let level = mapping.scope; level !== undefined; level = level.parent) {
    if (level.items.some((item) => item.name === name)) return true;
  }
  return false;
}

/** Operator chains lean to the left and may be thousands long, so the left side is a loop. */
export function visitOperator(expression: A_Expr, mapping: Mapping): void {
  const chain: A_Expr[] = [expression];
  let left = expression.lexpr;
  while (left !== undefined && 'A_Expr' in left) {
    chain.push(left.A_Expr);
    left = left.A_Expr.lexpr;
  }
  mapping.visit(left);
  for (let index = chain.length - 1; index >= 0; index--) {
    const link = chain[index];
    if (link === undefined) continue;
    if (link.kind === undefined || !link.kind.includes('BETWEEN')) useOperator(link.name, mapping);
    mapping.visit(link.rexpr);
  }
}

/** An operator is a function under another name; one that PostgreSQL does not ship may do anything. */
export function useOperator(name: readonly Node[] | undefined, mapping: Mapping): void {
  const path = stringsOf(name);
  if (path.length === 0) return;
  if ((path.length > 1 || mapping.settings.catalogFirst) && mapping.services.isOperator(path)) return;
  mapping.command.function({ path, category: 'unknown', known: false });
  mapping.command.effect('execute');
  mapping.incomplete('unknown_operator');
}

export function visitSubLink(link: SubLink, mapping: Mapping): void {
  mapping.visit(link.testexpr);
  useOperator(link.operName, mapping);
  const exists = link.subLinkType === 'EXISTS_SUBLINK';
  // What EXISTS selects reaches nobody.
  mapping.within({ primary: false, zone: exists ? 'predicate' : mapping.zone }, () => {
    mapping.visit(link.subselect);
  });
}

export function visitSortBy(sort: SortBy, mapping: Mapping): void {
  useOperator(sort.useOp, mapping);
  mapping.visit(sort.node);
}

export function visitTypeCast(cast: TypeCast, mapping: Mapping): void {
  mapping.visit(cast.arg);
  mapping.visitStruct('TypeName', cast.typeName);
  const type = stringsOf(cast.typeName?.names).at(-1);
  // `'t'::regclass` names a table.
  if (type === 'regclass' && cast.arg !== undefined && 'A_Const' in cast.arg) {
    const text = mapping.literalText(cast.arg);
    const path = text === undefined ? undefined : parseQualifiedName(text);
    if (path !== undefined) mapping.object('table', path, 'use');
  }
}

/** Types that PostgreSQL ships are not worth a target. */
export function visitTypeName(type: TypeName, mapping: Mapping): void {
  const path = stringsOf(type.names);
  if (type.pct_type === true) mapping.object('column', path, 'use');
  else if (!mapping.services.isType(path)) mapping.object('type', path, 'use');
  mapping.visitAll(type.typmods);
}

export function visitValueFunction(call: SQLValueFunction, mapping: Mapping): void {
  const name = (call.op ?? '').replace('SVFOP_', '').replace(/_N$/, '').toLowerCase();
  useBuiltin(name === 'user' ? 'current_user' : name, mapping);
}

export function visitParameter(parameter: ParamRef, mapping: Mapping): void {
  const { attributes } = mapping.command;
  attributes.parameters = Math.max(attributes.parameters ?? 0, parameter.number ?? 0);
}

/** A relation that no visitor of its own spoke for, as in LIKE and REFERENCES. */
export function visitRangeVar(relation: RangeVar, mapping: Mapping): void {
  mapping.relation(relation, 'use');
}
