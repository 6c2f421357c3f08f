import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readNodeFields, renderNodeFields } from './support/node-fields.ts';

/** Nodes that only exist after parse analysis, or that belong to libpg_query's other calls. */
const analysed = new Set(
  `ParseResult ScanResult ScanToken SummaryResult Table Function FilterColumn RawStmt OidList TableFunc Var Param Aggref
  WindowFunc WindowFuncRunCondition SubscriptingRef FuncExpr OpExpr DistinctExpr NullIfExpr ScalarArrayOpExpr SubPlan
  AlternativeSubPlan FieldSelect FieldStore RelabelType CoerceViaIO ArrayCoerceExpr ConvertRowtypeExpr CollateExpr
  CaseTestExpr ArrayExpr RowCompareExpr JsonConstructorExpr JsonExpr JsonTablePath JsonTablePathScan
  JsonTableSiblingJoin MergeAction CoerceToDomain CoerceToDomainValue NextValueExpr InferenceElem ReturningExpr
  TargetEntry RangeTblRef FromExpr OnConflictExpr Query RangeTblEntry RTEPermissionInfo RangeTblFunction
  TableSampleClause WithCheckOption SortGroupClause WindowClause RowMarkClause SetOperationStmt InlineCodeBlock
  CallContext`.split(/\s+/),
);

describe('the table of node fields', () => {
  it('names every child of every node that the grammar can make', () => {
    const url = new URL('../../../dialects/sql/postgres/mapping/node-fields.generated.ts', import.meta.url);
    const expected = renderNodeFields(readNodeFields(analysed));
    if (process.env['UPDATE'] === '1') writeFileSync(url, expected);
    expect(readFileSync(url, 'utf8')).toBe(expected);
  });
});
