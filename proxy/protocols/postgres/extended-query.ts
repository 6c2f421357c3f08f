import { serialize } from 'pg-protocol';
import type { Parameter } from '../../../engine/contract.ts';
import { NOTHING_USED } from '../../limits/statement-limits.ts';
import type { Refusal } from '../../protocol.ts';
import { FieldReader } from './bytes.ts';
import { awaits, awaitsExecuted } from './conversation.ts';
import type { JudgedVerdict } from './judge.ts';
import { Pending } from './pending.ts';
import { readParameters } from './parameters.ts';
import type { Portal, Prepared, Release } from './prepared.ts';
import { unknownName } from './refusal.ts';
import {
  awaitQuiet,
  limitOfNames,
  malformed,
  overPreparedLimit,
  readability,
  refusalOf,
  refuse,
  release,
  releaseCommands,
  type RequestContext,
} from './request-context.ts';
import { factsOf } from './statement-facts.ts';
import { statementText } from './statement-text.ts';

const HEADER_BYTES = 5;
const STATEMENT = 0x53; // S
const PORTAL = 0x50; // P

export function parse(context: RequestContext): boolean {
  const { frames, conversation, judge, limits } = context;
  const fields = bodyOf(context);
  const name = fields.text();
  fields.skipText();
  const { textStart, textEnd } = fields;
  fields.skip(4 * fields.uint16());
  if (!fields.complete) throw malformed('Parse');
  if (conversation.unsettled > 0 || awaits(conversation, conversation.statements.get(name))) return false;

  const text = statementText(frames.bytes, textStart, textEnd, limits.statementBytes);
  const unparsed = typeof text !== 'string' ? text : name === '' ? undefined : overPreparedLimit(context);
  if (unparsed !== undefined || typeof text !== 'string') {
    return denied(context, judge.refuseUnparsed(unparsed ?? unknownName('statement', name)), '', name);
  }
  const readable = readability(context, text);
  if (readable === 'wait') return false;

  const parsed = judge.parse(text);
  const facts = factsOf(parsed);
  if (awaitsExecuted(conversation, facts)) return false;
  const refused = readable === 'now' ? limitOfNames(context, facts) : readable;
  const verdict = judge.verdict(parsed, facts, { prepare: true, refused });
  if (verdict === undefined) return false;
  const refusal = refusalOf(verdict);
  if (refusal !== undefined) return denied(context, refusal, text, name);

  const prepared: Prepared = { text, parsed, facts, release: released(context, verdict), unused: true };
  const pending = release(context, 'parse');
  pending.events = verdict.events;
  pending.statement = conversation.statements.put(name, prepared, conversation.batch);
  return true;
}

export function bind(context: RequestContext): boolean {
  const { conversation } = context;
  const fields = bodyOf(context);
  const portalName = fields.text();
  const statementName = fields.text();
  const parameters = readParameters(fields);
  fields.skip(2 * fields.uint16()); // formats of the result's columns
  if (!fields.complete) throw malformed('Bind');

  const entry = conversation.statements.get(statementName);
  if (conversation.unsettled > 0 || awaits(conversation, entry)) return false;
  const prepared = entry?.value;
  if (prepared === undefined) return denied(context, unknownName('statement', statementName));
  if (portalName !== '') {
    const over = overPreparedLimit(context);
    if (over !== undefined) return denied(context, over);
  }
  const verdict = reusable(context, prepared, parameters) ?? judged(context, prepared, parameters);
  if (verdict === undefined) return false;
  const refusal = refusalOf(verdict);
  if (refusal !== undefined) return denied(context, refusal);

  const pending = release(context, 'bind');
  pending.masks = verdict.masks;
  const [lineage] = verdict.lineage ?? [];
  // SQL's FETCH knows a portal by its name.
  if (portalName !== '' && lineage !== undefined) {
    const { columns } = lineage;
    const cursor = { name: portalName, columns, hold: false, batch: conversation.batch.id };
    conversation.values = conversation.values.withCursor(cursor);
  }
  pending.portal = conversation.portals.put(
    portalName,
    { prepared, parameters, release: released(context, verdict), used: NOTHING_USED, description: undefined },
    conversation.batch,
  );
  return true;
}

export function describe(context: RequestContext): boolean {
  const { conversation } = context;
  const { kind, name } = nameIn(context, 'Describe');
  const { statements, portals } = conversation;
  const entry = kind === STATEMENT ? statements.get(name) : portals.get(name);
  if (conversation.unsettled > 0 || awaits(conversation, entry)) return false;
  if (entry?.value === undefined) {
    return denied(context, unknownName(kind === STATEMENT ? 'statement' : 'portal', name));
  }
  // The columns of a statement are told to those who may run it.
  const refusal = stillReleased(context, entry.value, true);
  if (refusal === 'wait') return false;
  if (refusal !== undefined) return denied(context, refusal);
  const pending = release(context, 'describe');
  if ('prepared' in entry.value && entry.value.release.lineage !== undefined) {
    pending.describes = entry.value.description = { fields: undefined };
  }
  return true;
}

export function execute(context: RequestContext): boolean {
  const { conversation, watch } = context;
  const fields = bodyOf(context);
  const name = fields.text();
  fields.int32(); // most rows
  if (!fields.complete) throw malformed('Execute');

  const entry = conversation.portals.get(name);
  if (conversation.unsettled > 0 || awaits(conversation, entry)) return false;
  const portal = entry?.value;
  if (portal === undefined) return denied(context, unknownName('portal', name));
  // It is judged whenever it runs, and may turn out to be limited.
  if (runsPrepared(portal.prepared) && !watch.quiet) return awaitQuiet(context);
  const refusal = stillReleased(context, portal, false);
  if (refusal === 'wait') return false;
  if (refusal !== undefined) return denied(context, refusal);
  if (portal.release.limits !== undefined && !watch.quiet) return awaitQuiet(context);

  describeFirst(context, name, portal);
  const pending = release(context, 'execute');
  pending.executes = portal;
  pending.used = portal.used;
  releaseCommands(context, pending, portal.prepared.parsed, portal.release);
  const effects = portal.prepared.facts.effects[0];
  if (effects !== undefined && effects.length > 0) conversation.project(effects);
  return true;
}

export function close(context: RequestContext): boolean {
  const { conversation } = context;
  const { kind, name } = nameIn(context, 'Close');
  const { statements, portals, batch } = conversation;
  const entry = kind === STATEMENT ? statements.get(name) : portals.get(name);
  if (awaits(conversation, entry)) return false;
  const pending = release(context, 'close');
  if (kind === STATEMENT) pending.statement = statements.put(name, undefined, batch);
  else pending.portal = portals.put(name, undefined, batch);
  return true;
}

/** Rows can only be masked by what they are: where the client has not asked for it, the gateway does. */
function describeFirst({ conversation, outbox }: RequestContext, name: string, portal: Portal): void {
  const plan = portal.release.masks?.[0];
  if (plan === undefined || plan.copy !== undefined || portal.description !== undefined) return;
  if (plan.columns?.length === 0) return;
  const pending = new Pending('describe', conversation.batch);
  pending.own = true;
  pending.describes = portal.description = { fields: undefined };
  conversation.pending.push(pending);
  outbox.push(serialize.describe({ type: 'P', name }));
}

function bodyOf({ frames }: RequestContext): FieldReader {
  return new FieldReader(frames.bytes, frames.start + HEADER_BYTES, frames.end);
}

function nameIn(context: RequestContext, what: string): { kind: number; name: string } {
  const fields = bodyOf(context);
  const kind = fields.byte();
  const name = fields.text();
  if (!fields.complete || (kind !== STATEMENT && kind !== PORTAL)) throw malformed(what);
  return { kind, name };
}

function denied(context: RequestContext, refusal: Refusal, text = '', name?: string): true {
  const { statements, batch } = context.conversation;
  const unnamed = name === '';
  const pending = refuse(context, 'parse', refusal, text, unnamed);
  if (unnamed) pending.statement = statements.put('', undefined, batch);
  return true;
}

/** A statement without parameters was judged as it will run: its first execution needs no second record. */
function reusable(
  { judge }: RequestContext,
  prepared: Prepared,
  parameters: readonly Parameter[],
): JudgedVerdict | undefined {
  const { release, unused } = prepared;
  prepared.unused = false;
  if (!unused || parameters.length > 0 || release.events.length === 0 || !judge.isNow(release.moment)) return undefined;
  const { moment: _, ...owed } = release;
  return { released: true, terminate: false, ...owed };
}

function judged(
  context: RequestContext,
  prepared: Prepared,
  parameters: readonly Parameter[],
  prepare = false,
): JudgedVerdict | undefined {
  const { judge, conversation } = context;
  if (awaitsExecuted(conversation, prepared.facts)) return undefined;
  // What the text means may have changed since its Parse: dialects remember texts, so this costs little.
  const parsed = judge.parse(prepared.text);
  return judge.verdict(parsed, factsOf(parsed), { parameters, prepare });
}

/** Judges what was released in another state, or by other policies, again. */
function stillReleased(
  context: RequestContext,
  subject: Prepared | Portal,
  prepare: boolean,
): Refusal | 'wait' | undefined {
  const prepared = 'prepared' in subject ? subject.prepared : subject;
  if (context.judge.isNow(subject.release.moment) && (prepare || !runsPrepared(prepared))) return undefined;
  const parameters = 'parameters' in subject ? subject.parameters : [];
  const verdict = judged(context, prepared, parameters, prepare);
  if (verdict === undefined) return 'wait';
  const refusal = refusalOf(verdict);
  // What was judged for a Describe alone may be missing from the recording: an execution is judged on its own.
  if (refusal === undefined && (!prepare || subject === prepared)) subject.release = released(context, verdict);
  return refusal;
}

function runsPrepared({ facts }: Prepared): boolean {
  return facts.prepared.some(({ action }) => action === 'execute');
}

function released({ judge }: RequestContext, { events, limits, masks, lineage }: JudgedVerdict): Release {
  return {
    moment: judge.moment,
    events,
    ...(limits !== undefined && { limits }),
    ...(masks !== undefined && { masks }),
    ...(lineage !== undefined && { lineage }),
  };
}
