import type { Node } from '@pgsql/types';
import { stringsOf } from '../mapping/names.ts';

/** The name that PostgreSQL gives to an output without AS (FigureColname in parse_target.c); `?column?` where it finds none. */
export function outputName(node: Node): string {
  return figure(node)?.name ?? '?column?';
}

interface Figured {
  readonly name: string;
  /** Names of types give way to those that an argument brings. */
  readonly weak: boolean;
}

function strong(name: string): Figured {
  return { name, weak: false };
}

function figure(node: Node | undefined): Figured | undefined {
  if (node === undefined) return undefined;
  if ('ColumnRef' in node) return lastOf(stringsOf(node.ColumnRef.fields));
  if ('A_Indirection' in node) {
    return lastOf(stringsOf(node.A_Indirection.indirection)) ?? figure(node.A_Indirection.arg);
  }
  if ('FuncCall' in node) return lastOf(stringsOf(node.FuncCall.funcname));
  if ('A_Expr' in node) return node.A_Expr.kind === 'AEXPR_NULLIF' ? strong('nullif') : undefined;
  if ('TypeCast' in node) {
    const inner = figure(node.TypeCast.arg);
    if (inner !== undefined && !inner.weak) return inner;
    const type = stringsOf(node.TypeCast.typeName?.names).at(-1);
    return type === undefined ? inner : { name: type, weak: true };
  }
  if ('CollateClause' in node) return figure(node.CollateClause.arg);
  if ('GroupingFunc' in node) return strong('grouping');
  if ('MergeSupportFunc' in node) return strong('merge_action');
  if ('SubLink' in node) return ofSubLink(node.SubLink.subLinkType, node.SubLink.subselect);
  if ('CaseExpr' in node) {
    const inner = figure(node.CaseExpr.defresult);
    return inner !== undefined && !inner.weak ? inner : { name: 'case', weak: true };
  }
  if ('A_ArrayExpr' in node) return strong('array');
  if ('RowExpr' in node) return strong('row');
  if ('CoalesceExpr' in node) return strong('coalesce');
  if ('MinMaxExpr' in node) return strong(node.MinMaxExpr.op === 'IS_LEAST' ? 'least' : 'greatest');
  if ('SQLValueFunction' in node) {
    return strong((node.SQLValueFunction.op ?? '').replace('SVFOP_', '').replace(/_N$/, '').toLowerCase());
  }
  if ('XmlExpr' in node) return strong(xmlNames[node.XmlExpr.op ?? ''] ?? '?column?');
  if ('XmlSerialize' in node) return strong('xmlserialize');
  return ofJson(node);
}

function ofSubLink(type: string | undefined, subselect: Node | undefined): Figured | undefined {
  if (type === 'EXISTS_SUBLINK') return strong('exists');
  if (type === 'ARRAY_SUBLINK') return strong('array');
  if (type !== 'EXPR_SUBLINK' || subselect === undefined || !('SelectStmt' in subselect)) return undefined;
  let select = subselect.SelectStmt;
  while (select.larg !== undefined) select = select.larg;
  if (select.valuesLists !== undefined) return strong('column1');
  const [target] = select.targetList ?? [];
  if (target === undefined || !('ResTarget' in target)) return undefined;
  const { name, val } = target.ResTarget;
  return name === undefined ? figure(val) : strong(name);
}

const xmlNames: Readonly<Record<string, string>> = {
  IS_XMLCONCAT: 'xmlconcat',
  IS_XMLELEMENT: 'xmlelement',
  IS_XMLFOREST: 'xmlforest',
  IS_XMLPARSE: 'xmlparse',
  IS_XMLPI: 'xmlpi',
  IS_XMLROOT: 'xmlroot',
  IS_XMLSERIALIZE: 'xmlserialize',
};

function ofJson(node: Node): Figured | undefined {
  if ('JsonParseExpr' in node) return strong('json');
  if ('JsonScalarExpr' in node) return strong('json_scalar');
  if ('JsonSerializeExpr' in node) return strong('json_serialize');
  if ('JsonObjectConstructor' in node) return strong('json_object');
  if ('JsonArrayConstructor' in node || 'JsonArrayQueryConstructor' in node) return strong('json_array');
  if ('JsonObjectAgg' in node) return strong('json_objectagg');
  if ('JsonArrayAgg' in node) return strong('json_arrayagg');
  if ('JsonFuncExpr' in node) {
    const { op } = node.JsonFuncExpr;
    return strong(op === 'JSON_EXISTS_OP' ? 'json_exists' : op === 'JSON_VALUE_OP' ? 'json_value' : 'json_query');
  }
  return undefined;
}

function lastOf(parts: readonly string[]): Figured | undefined {
  const last = parts.at(-1);
  return last === undefined ? undefined : strong(last);
}
