import type { Refusal, Verdict } from '../../protocol.ts';
import { awaitsExecuted } from './conversation.ts';
import { functionCallText, incompleteCall, readFunctionCall } from './function-call.ts';
import {
  awaitQuiet,
  limitOfNames,
  malformed,
  readability,
  refusalOf,
  refuse,
  release,
  releaseCommands,
  type RequestContext,
} from './request-context.ts';
import { factsOf } from './statement-facts.ts';
import type { Pending } from './pending.ts';
import { statementText } from './statement-text.ts';

const HEADER_BYTES = 5;

/** Query: any number of commands, which stand or fall together. */
export function query(context: RequestContext): boolean {
  const { frames, conversation, judge, watch, limits } = context;
  const { bytes, start, end } = frames;
  // Where the target stops reading, what is judged must stop too.
  if (bytes.indexOf(0, start + HEADER_BYTES) !== end - 1) throw malformed('a Query ends with its only NUL');
  if (conversation.unsettled > 0) return false;

  const text = statementText(bytes, start + HEADER_BYTES, end - 1, limits.statementBytes);
  if (typeof text !== 'string') {
    return ended(context, refuse(context, 'query', judge.refuseUnparsed(text)));
  }
  const readable = readability(context, text);
  if (readable === 'wait') return false;

  const parsed = judge.parse(text);
  const facts = factsOf(parsed);
  if (awaitsExecuted(conversation, facts)) return false;
  const verdict = judge.verdict(parsed, facts, {
    refused: readable === 'now' ? limitOfNames(context, facts) : readable,
  });
  if (verdict === undefined) return false;

  const refusal = refusalOf(verdict);
  if (refusal !== undefined) return ended(context, refuse(context, 'query', refusal, text));
  if (verdict.limits !== undefined && !watch.quiet) {
    judge.keep(verdict);
    return awaitQuiet(context);
  }
  const pending = release(context, 'query');
  releaseCommands(context, pending, parsed, verdict);
  return ended(context, pending);
}

/** FunctionCall: judged as the SELECT that does the same. */
export function functionCall(context: RequestContext): boolean {
  const { frames, conversation, judge, watch } = context;
  const call = readFunctionCall(frames.bytes, frames.start + HEADER_BYTES, frames.end);
  if (call === undefined) throw malformed('FunctionCall');
  if (conversation.unsettled > 0) return false;

  const text = functionCallText(call);
  const parsed = text === undefined ? incompleteCall(judge.dialectName, call) : judge.parse(text);
  const facts = factsOf(parsed);
  const refused =
    text === undefined
      ? {
          code: 'SP_PROTOCOL_UNSUPPORTED' as const,
          message: `Sallyport does not know the function with OID ${call.oid}, so it cannot be called by OID.`,
          hint: 'Call it by name, with SELECT.',
        }
      : undefined;
  const verdict = judge.verdict(parsed, facts, { parameters: call.parameters, refused });
  if (verdict === undefined) return false;

  const refusal = refusalOf(verdict) ?? unmaskable(context, verdict);
  if (refusal === undefined && verdict.limits !== undefined && !watch.quiet) {
    judge.keep(verdict);
    return awaitQuiet(context);
  }
  if (refusal !== undefined) refuse(context, 'query', refusal);
  else releaseCommands(context, release(context, 'function'), parsed, verdict);
  conversation.endBatch();
  return true;
}

/** What a FunctionCall answers has neither type nor columns: where it is to be masked, it is not released. */
function unmaskable({ conversation }: RequestContext, { masks, events }: Verdict): Refusal | undefined {
  const plan = masks?.[0];
  const shown = plan?.columns?.every((way) => way === undefined) === true && plan.detect.length === 0;
  if (plan === undefined || shown) return undefined;
  conversation.gate.recordResult({ events, status: 'cancelled' });
  const message = 'The result of a FunctionCall cannot be masked.';
  conversation.gate.recordError('SP_OBLIGATION_UNKNOWN', message);
  return { code: 'SP_OBLIGATION_UNKNOWN', message, detail: '', hint: 'Call the function by name, with SELECT.' };
}

/** A Query also drops the unnamed statement and portal, whatever becomes of it, unless the target skips it. */
function ended({ conversation }: RequestContext, pending: Pending): true {
  const { statements, portals, batch } = conversation;
  if (statements.get('') !== undefined) pending.statement = statements.put('', undefined, batch);
  if (portals.get('') !== undefined) pending.portal = portals.put('', undefined, batch);
  conversation.endBatch();
  return true;
}
