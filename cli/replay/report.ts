import type { Diagnostic } from '../../engine/contract.ts';
import type { Report, RuleInfo } from '../reporters/report.ts';
import { plural } from '../reporters/text.ts';
import type { Example } from './group-table.ts';
import { changeKinds, type ChangeKind } from './measures.ts';
import type { ReplayPart, RunFacts } from './part.ts';
import { allGroups, tablesOf, topGroups } from './report-tables.ts';
import { touches } from './rule-touches.ts';
import type { Share } from './selection.ts';
import type { TallyState } from './tally.ts';
import { judgeTally, unjudged } from './verdicts.ts';

const DAMAGED = 'SP_RECORDING_DAMAGED';
const CHANGED = 'replay_decision_changed';
const UNKNOWN_DIALECT = 'replay_dialect_unknown';
const UNKNOWN_OPENINGS = 'replay_openings_unknown';

const rules: Readonly<Record<string, RuleInfo>> = {
  [DAMAGED]: { title: 'A recording is damaged', description: 'What could be read of it was replayed all the same.' },
  [CHANGED]: { title: 'A decision is another one', description: 'More often than --fail-on or --expect has it.' },
  [UNKNOWN_OPENINGS]: {
    title: 'What the policies say of sessions that open is not known',
    description: 'The recordings are of a gateway whose policies had no say then.',
  },
  [UNKNOWN_DIALECT]: { title: 'Statements are of a dialect that is not here', description: 'Name it with --dialect.' },
};

/**
 * The report of a replay, or of one of its shards. It depends on what was counted alone: not on the number of threads or
 * shards, on the machine or on the time.
 */
export function replayReport(run: RunFacts, tally: TallyState, shard?: Share): Report {
  const { cases, exceeded } =
    shard === undefined ? judgeTally(run, tally) : { cases: unjudged(run), exceeded: new Set<never>() };
  const findings = [
    ...tally.damage.first,
    ...allGroups(tally, 'dialect').map(({ parts: [name = ''], count, example }) =>
      unknownDialect(name, count, example),
    ),
    ...allGroups(tally, 'error').map(({ parts: [when, message = ''], count, example }) =>
      evaluationError(when === 'new', message, count, example),
    ),
    ...unknownOpenings(tally),
    ...[...exceeded].flatMap((measure) => (isKind(measure) ? changedDecisions(run, tally, measure) : [])),
  ];
  const failed =
    cases.some(({ status }) => status === 'failed') || findings.some(({ severity }) => severity === 'error');
  const part: ReplayPart | undefined = shard && { version: 1, shard, run, tally };
  return {
    tool: 'replay',
    summary: summaryOf(tally, shard),
    // The shards of a CI matrix do not fail one by one: merging them judges.
    exitCode: tally.interrupted ? 2 : failed && shard === undefined ? 1 : 0,
    files: tally.files,
    findings,
    rules,
    cases,
    tables: tablesOf(run, tally),
    details: { ...detailsOf(run, tally), ...(part === undefined ? {} : { part }) },
  };
}

function isKind(measure: string): measure is ChangeKind {
  return changeKinds.some((kind) => kind === measure);
}

function summaryOf({ counters, interrupted, damage }: TallyState, shard: Share | undefined): string {
  const count = (name: string): number => counters[name] ?? 0;
  const parts = [
    `${plural(count('judged'), 'command')} of ${plural(count('sessions'), 'session')} judged`,
    ...(count('openings') === 0 ? [] : [`${plural(count('openings'), 'session')} judged when they opened`]),
    count('changed') === 0 ? 'every decision is the same' : `${plural(count('changed'), 'decision')} changed`,
    ...(count('errors') === 0 ? [] : [`${plural(count('errors'), 'evaluation')} failed`]),
    ...(damage.errors === 0 ? [] : [`${plural(damage.errors, 'damage')} in the recordings`]),
  ];
  const which = shard === undefined ? '' : ` (shard ${shard.part}/${shard.of})`;
  const partial = interrupted ? 'interrupted, this is a part of it: ' : '';
  return `${partial}${parts.join(', ')}${which}`;
}

/** Everything that was counted, and the most frequent groups of each kind. */
function detailsOf(run: RunFacts, tally: TallyState): Record<string, unknown> {
  const { rules: policyRules, expectations, ...facts } = run;
  const { counters, matrix, changes, kept, refused, fired, interrupted, damage } = tally;
  return {
    ...facts,
    expectations: expectations?.file ?? null,
    interrupted,
    counts: counters,
    decisions: matrix,
    changes,
    groups: topGroups(run, tally),
    kept_as_recorded: kept,
    refused_without_decision: refused,
    damage: { errors: damage.errors, warnings: damage.warnings, told: damage.first.length },
    rules: policyRules.map((rule) => ({ ...rule, commands: touches(rule, fired) })),
  };
}

function unknownDialect(name: string, count: number, { file, row }: Example): Diagnostic {
  return {
    severity: 'warning',
    code: UNKNOWN_DIALECT,
    message: `${plural(count, 'command')} of the dialect ${name}, which is not here: taken as recorded`,
    help: 'Name the module or package that has it with --dialect.',
    file,
    row,
  };
}

function unknownOpenings({ counters }: TallyState): Diagnostic[] {
  const count = counters['openings_unknown'] ?? 0;
  if (count === 0) return [];
  return [
    {
      severity: 'warning',
      code: UNKNOWN_OPENINGS,
      message: `${plural(count, 'session')} recorded without a decision on the opening, which these policies would have judged`,
      help: 'A gateway records it as soon as its policies have a package under policy.session.',
    },
  ];
}

function evaluationError(isNew: boolean, message: string, count: number, { file, row }: Example): Diagnostic {
  const [, code = 'SP_EVAL_FAILED', rest = message] = /^(SP_[A-Z_]+): (.*)$/s.exec(message) ?? [];
  const before = isNew ? '' : ', as it did before';
  return {
    severity: isNew ? 'error' : 'warning',
    code,
    message: `${rest} (${plural(count, 'command')}${before})`,
    file,
    row,
  };
}

/** Where the rule stands that brought a change about, as far as it is known; else where an example of it is recorded. */
function changedDecisions(run: RunFacts, tally: TallyState, kind: ChangeKind): Diagnostic[] {
  const named = run.expectations === null ? (kind.startsWith('obligations') ? 'obligation' : 'rule') : 'unexpected';
  const causes = new Map<string, { count: number; example: Example }>();
  for (const { parts, count, example } of allGroups(tally, named)) {
    const [first = '', cause = ''] = parts;
    if (first !== kind && `obligations-${first}` !== kind) continue;
    const known = causes.get(cause);
    if (known === undefined) causes.set(cause, { count, example });
    else known.count += count;
  }
  return [...causes].slice(0, run.limit_groups).map(([cause, { count, example }]) => {
    const rule = run.rules.find(({ ids }) => ids.includes(cause));
    const { file, row } = rule ?? example;
    return {
      severity: 'error',
      code: CHANGED,
      message: `${kind} by ${cause}: ${plural(count, 'command')}, such as ${oneLine(example.text)} (${example.file}:${example.row})`,
      file,
      row,
      ...(rule === undefined ? {} : { col: 1 }),
    };
  });
}

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length <= 120 ? line : `${line.slice(0, 119)}…`;
}
