import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { RecordingEvent } from '../../engine/contract.ts';
import { contractSchema } from '../../engine/schema/input-schema.ts';

/** Says what is wrong with an event, or gives the event. */
export type EventCheck = (value: unknown) => { readonly event: RecordingEvent } | { readonly problem: string };

const definitions: Readonly<Record<string, string>> = {
  start: 'StartEvent',
  command: 'CommandEvent',
  decision: 'DecisionEvent',
  result: 'ResultEvent',
  approval: 'ApprovalEvent',
  error: 'ErrorEvent',
  end: 'EndEvent',
};

/** Makes the check of single events against the contract's schema. Compiles it, so keep it. */
export function createEventCheck(): EventCheck {
  const contract = contractSchema('RecordingEvent');
  const ajv = new Ajv2020({ strictTypes: false });
  addFormats.default(ajv, ['date-time']);
  const checks = new Map<string, ValidateFunction<RecordingEvent>>();
  for (const [type, definition] of Object.entries(definitions)) {
    checks.set(type, ajv.compile<RecordingEvent>({ ...contract, $ref: `#/$defs/${definition}` }));
  }
  return (value) => {
    const type = typeof value === 'object' && value !== null && 'type' in value ? String(value.type) : '';
    // By its type and not by the union: six alternatives that all fail explain nothing.
    const check = checks.get(type);
    if (check === undefined) return { problem: `unknown type ${JSON.stringify(type)}` };
    return check(value) ? { event: value } : { problem: describe(check.errors?.[0]) };
  };
}

function describe(error: ErrorObject | undefined): string {
  if (error === undefined) return 'it does not follow the schema';
  const { instancePath, message, params } = error;
  const extra = Object.values(params as Record<string, unknown>).filter((value) => typeof value === 'string');
  return `${instancePath === '' ? 'the event' : instancePath} ${message ?? 'is not valid'} ${extra.join(' ')}`.trimEnd();
}
