import type { InspectedRule } from '../../engine/compiler/protocol.ts';
import { renderTable } from '../reporters/tables.ts';
import type { Paint } from '../reporters/terminal.ts';
import { oneLine } from '../reporters/text.ts';
import type { Inspection, SignatureState, Size } from './inspection.ts';

/** An inspection for a person's eyes. Everything in it was written by somebody else, so nothing of it reaches a terminal raw. */
export function renderInspection(inspection: Inspection, paint: Paint): string {
  const { path, bytes, revision, schema, roots, entrypoints, signature, reads, data, files, rules } = inspection;
  const lines: [string, string | undefined][] = [
    [bytes === undefined ? 'policies' : 'bundle', bytes === undefined ? path : `${path} (${bytes} bytes)`],
    ['revision', revision],
    ['schema', schema === undefined ? undefined : String(schema)],
    ['roots', roots.includes('') ? 'everything' : roots.join(', ')],
    ['entrypoints', entrypoints.join(', ')],
    ['signature', signature === undefined ? undefined : describe(signature)],
    ['reads', reads?.input.map((step) => ['input', ...step].join('.')).join(', ')],
    ['clock', reads?.clock === true ? 'it asks for the time, so decisions are not remembered' : undefined],
    ['builtins', reads?.builtins?.join(', ')],
    ['data', sizes(data)],
    ['files', sizes(files)],
  ];
  const head = lines
    .filter((line): line is [string, string] => line[1] !== undefined && line[1] !== '')
    .map(([name, value]) => `${paint('dim', name.padEnd(13))}${oneLine(value)}\n`);
  const untold = inspection.untold.map((what) => `${paint('yellow', 'not known')}    ${oneLine(what)}\n`);
  return [head.join('') + untold.join(''), ...(rules.length === 0 ? [] : [renderRules(rules, paint)])].join('\n');
}

/** Those with a say or a title; the rest are helpers, which a person does not ask for. */
function renderRules(all: readonly InspectedRule[], paint: Paint): string {
  const rules = all.filter(({ effect, title, entrypoint }) => effect ?? title ?? entrypoint);
  const helpers = all.length - rules.length;
  return renderTable(
    {
      title: 'rules',
      columns: ['rule', 'kind', 'id', 'severity', 'title', 'at'],
      rows: rules.map((rule) => [
        rule.path.replace(/^data\./, ''),
        rule.effect ?? rule.kind,
        text(rule.custom?.['id']),
        text(rule.custom?.['severity']),
        rule.title ?? '',
        `${rule.file}:${rule.row}`,
      ]),
      ...(helpers === 0 ? {} : { note: `and ${helpers} helpers, which --format json lists` }),
    },
    paint,
  );
}

function describe(signature: SignatureState): string {
  if (signature.state === 'none') return 'none';
  if (signature.state === 'invalid') return `does not hold: ${signature.problem}`;
  const { state, algorithm, keyId, scope, issuer, issuedAt } = signature;
  return [
    state === 'verified' ? 'verified' : 'not verified (give --verification-key)',
    algorithm,
    keyId === undefined ? 'no key id' : `key ${keyId}`,
    ...(scope === undefined ? [] : [`scope ${scope}`]),
    ...(issuer === undefined ? [] : [`by ${issuer}`]),
    ...(issuedAt === undefined ? [] : [issuedAt]),
  ].join(', ');
}

function sizes(list: readonly Size[]): string {
  return list.map(({ name, bytes }) => `${name} (${bytes})`).join(', ');
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
