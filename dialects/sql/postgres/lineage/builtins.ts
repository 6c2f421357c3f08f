import type { Flow } from '../../../../engine/lineage.ts';
import type { FunctionFacts } from '../mapping/services.ts';
import type { Analysis } from './analysis.ts';
import { scalarResult, type Argument, type CallResult } from './calls.ts';
import { fieldsOf } from './rows.ts';
import { carry } from './flows.ts';
import { builtinColumns, tellsValues } from './system.ts';
import { CLEAN, derived, tainted, union, unionAll, unknownTaint, type Taint, type Value } from './taint.ts';

/** Where the arguments of a category's functions go, besides the result. */
const PLACES: Readonly<Record<string, Flow['into']>> = {
  settings: 'setting',
  notify: 'channel',
  file: 'file',
  network: 'server',
  large_object: 'server',
  replication: 'server',
  lock: 'server',
};

/** Categories whose results may hold anything. */
const OPAQUE: ReadonlySet<string> = new Set(['file', 'network', 'replication', 'dynamic_sql', 'internal', 'unknown']);

/** Large objects' functions that give back nothing of what the objects hold. */
const SILENT: ReadonlySet<string> = new Set(
  `lo_close lo_creat lo_create lo_from_bytea lo_import lo_lseek lo_lseek64 lo_open lo_put lo_tell lo_tell64 lo_truncate
  lo_truncate64 lo_unlink lowrite`.split(/\s+/),
);

/** A built-in function gives back what its arguments hold, unless it looks elsewhere. */
export function builtinCall(facts: FunctionFacts, args: readonly Argument[], analysis: Analysis): CallResult {
  const name = facts.path.at(-1) ?? '';
  const given = unionAll(args.map(({ value }) => value.taint));
  const place = name === 'setseed' ? 'setting' : PLACES[facts.category];
  if (place !== undefined) carry(analysis, place, placeName(place, args, analysis), given);
  const taint = union(given, hidden(name, facts, args, analysis));
  if (taint.unknown !== undefined) analysis.read(taint);
  return shaped(name, args, taint, analysis);
}

function placeName(place: Flow['into'], args: readonly Argument[], analysis: Analysis): readonly string[] {
  if (place !== 'setting' && place !== 'channel') return [];
  const name = literalOf(args[0], analysis);
  return name === undefined ? [] : [name];
}

/** What the result may hold that is not in the arguments. */
function hidden(name: string, facts: FunctionFacts, args: readonly Argument[], analysis: Analysis): Taint {
  const { category } = facts;
  if (OPAQUE.has(category)) return unknownTaint(category === 'dynamic_sql' ? 'dynamic_sql' : 'opaque_function');
  if (category === 'large_object' && !SILENT.has(name)) return unknownTaint('opaque_function');
  // What acts on the server answers whether it did; what looks into pages gives what they hold.
  if (category === 'admin' && !name.startsWith('pg_')) return unknownTaint('opaque_function');
  if (tellsValues(name)) return unknownTaint('opaque_function');
  if (name !== 'current_setting') return CLEAN;
  // Settings with a dot are the sessions' own, who may keep anything in them.
  if (isListedSetting(args[0]?.value, analysis)) return CLEAN;
  const setting = literalOf(args[0], analysis);
  return setting === undefined || setting.includes('.') ? unknownTaint('session_setting') : CLEAN;
}

/** The name of a setting that pg_settings lists, as psql's \\dconfig asks: the sessions' own are not among them. */
function isListedSetting(value: Value | undefined, { resolver }: Analysis): boolean {
  if (value?.origin === undefined) return false;
  const relation = resolver.catalogue.relationByOid(value.origin.relation);
  return relation?.schema === 'pg_catalog' && relation.name === 'pg_settings';
}

function literalOf(argument: Argument | undefined, analysis: Analysis): string | undefined {
  const node = argument?.node;
  analysis.readsLiterals = true;
  if (node === undefined) return undefined;
  if ('TypeCast' in node && node.TypeCast.arg !== undefined) {
    return literalOf({ value: argument?.value ?? derived(CLEAN), node: node.TypeCast.arg }, analysis);
  }
  return 'A_Const' in node && node.A_Const.sval !== undefined ? (node.A_Const.sval.sval ?? '') : undefined;
}

/** Functions that give back a row of their first argument's type. */
const POPULATING: ReadonlySet<string> = new Set([
  'json_populate_record',
  'json_populate_recordset',
  'jsonb_populate_record',
  'jsonb_populate_recordset',
  'populate_record',
]);

function shaped(name: string, args: readonly Argument[], taint: Taint, analysis: Analysis): CallResult {
  const [first] = args;
  if (POPULATING.has(name) && first !== undefined) {
    const fields = fieldsOf(first.value, analysis);
    if (fields === undefined) return { rows: { fields: [], open: taint, control: CLEAN }, scalar: false };
    const filled = fields.map((field) => ({ name: field.name, value: tainted(field.value, taint) }));
    return { rows: { fields: filled, control: CLEAN }, scalar: false };
  }
  const columns = builtinColumns(name) ?? catalogued(name, analysis);
  if (columns === undefined) return scalarResult(taint);
  const [only] = columns;
  if (columns.length === 1 && only !== undefined) return scalarResult(taint, only);
  return {
    rows: { fields: columns.map((column) => ({ name: column, value: derived(taint) })), control: CLEAN },
    scalar: false,
  };
}

function catalogued(name: string, analysis: Analysis): readonly string[] | undefined {
  const known = analysis.resolver.catalogue.functions('pg_catalog', name);
  const several = known.find(({ outputs }) => outputs.length > 1);
  return several?.outputs.map((output) => output.name);
}
