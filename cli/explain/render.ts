import type { Diagnostic } from '../../engine/contract.ts';
import { renderColumns } from '../reporters/columns.ts';
import { renderCommand } from '../reporters/commands.ts';
import { renderDecision } from '../reporters/decisions.ts';
import { printable, type Paint } from '../reporters/terminal.ts';
import { oneLine, plural } from '../reporters/text.ts';
import type { ExplainedCommand, ExplainedSource, Explanation, RuleExplanation, Verdict } from './explanation.ts';
import { renderRule } from './render-rule.ts';

/** An explanation for a person's eyes. Ends with a newline. */
export function renderExplanation(explanation: Explanation, paint: Paint): string {
  const { source, commands, decision, diagnostics } = explanation;
  const blocks = commands.map((command, index) => renderCommandBlock(command, index + 1, explanation, paint));
  if (commands.length === 0) blocks.push('No commands: the statement does nothing.\n');
  if (commands.length !== 1) {
    blocks.push(`${paint('bold', 'All of it')}: ${renderDecision(decision, paint)}`);
  } else if (decision.effect !== commands[0]?.decision.effect) {
    blocks.push(`${paint('bold', 'The statement as a whole')}: ${renderDecision(decision, paint)}`);
  }
  const head = renderSource(source, paint);
  const notes = diagnostics.map((diagnostic) => renderNote(diagnostic, paint)).join('');
  return [head, notes, ...blocks].filter((block) => block !== '').join('\n');
}

function renderSource(source: ExplainedSource, paint: Paint): string {
  if (source.kind !== 'recording') return '';
  const { file, row, seq, decision, reparsed } = source;
  const then =
    decision === undefined ? 'nothing was decided before the recording ends' : `decided then: ${decision.effect}`;
  return `${paint('dim', `${printable(file)}:${row}`)} event ${seq}, ${then}${reparsed ? '; its text is parsed again' : ''}\n`;
}

function renderNote({ severity, code, message, file, row, help }: Diagnostic, paint: Paint): string {
  const colour = severity === 'error' ? 'red' : 'yellow';
  const place = file === undefined ? '' : `${printable(file)}${row === undefined ? '' : `:${row}`} `;
  const way = help === undefined ? '' : `  ${printable(help)}\n`;
  return `${paint(colour, severity)} ${code}: ${place}${printable(message)}\n${way}`;
}

function renderCommandBlock(explained: ExplainedCommand, number: number, whole: Explanation, paint: Paint): string {
  const { command, decision, rules, unlisted, stage, masking } = explained;
  const nothing = stage === 'session' ? 'a session opens' : 'no command';
  const what = command === undefined ? `${number}. ${paint('bold', nothing)}\n` : renderCommand(command, number, paint);
  const sections = sectionsOf(rules).map(({ title, members }) =>
    [`${paint('bold', title)}\n`, ...members.map((rule) => renderRule(rule, paint))].join(''),
  );
  return [
    what,
    renderDecision(decision, paint) +
      renderColumns(masking, paint) +
      renderThen(whole.source, decision.effect, paint) +
      renderAcceptance(explained, paint),
    renderDisagreement(explained, paint),
    ...sections,
    renderUnlisted(unlisted, paint),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

/** Whether anything lets a command through that its dialect does not vouch for. */
function renderAcceptance({ command, rules }: ExplainedCommand, paint: Paint): string {
  if (command === undefined || command.complete) return '';
  const accepting = rules.filter(({ accepts }) => accepts);
  const list = accepting.map(({ rule, id, file, row, verdict }) => {
    const state = verdict === 'decides' || verdict === 'overruled' ? 'fired' : 'did not fire';
    return `${rule} ${oneLine(id ?? `${file}:${row}`)} (${state})`;
  });
  const who = list.length > 0 ? `accepted by ${list.join(', ')}` : 'no allow or review says "accept": "incomplete"';
  return `   ${paint('yellow', 'incomplete:')} ${printable(command.reasons.join(', '))}; ${who}\n`;
}

/** Only a difference is worth a line. */
function renderThen(source: ExplainedSource, now: string, paint: Paint): string {
  if (source.kind !== 'recording' || source.decision === undefined || source.decision.effect === now) return '';
  const { effect, revision } = source.decision;
  return `   ${paint('yellow', 'changed:')} it was ${effect} when it was recorded (revision ${printable(revision)})\n`;
}

function renderDisagreement({ evaluators, decision }: ExplainedCommand, paint: Paint): string {
  if (evaluators.agree === true) return '';
  const opa = oneLine(JSON.stringify(evaluators.opa));
  if (evaluators.agree === null && !decision.reasons.some(({ rule }) => rule === 'sallyport.error')) return '';
  if (evaluators.agree === null) {
    return `${paint('yellow', 'The engine gave up, so it denied.')} Without its limits OPA's own evaluator comes to:\n   ${opa}\n`;
  }
  return [
    paint(['red', 'bold'], 'THE EVALUATORS DIFFER.'),
    ` The engine, and so a gateway, decides as above: ${decision.effect}.\n`,
    `   OPA's own evaluator, which the rules below are shown by, comes to ${opa}\n`,
    '   This is a fault of Sallyport: please report it with the policy and the input.\n',
  ].join('');
}

const titles: readonly (readonly [Verdict, string])[] = [
  ['error', 'Could not be evaluated'],
  ['decides', 'Fired'],
  ['not_admitted', 'Fired, but does not accept an incomplete command'],
  ['overruled', 'Fired, but a stronger effect decides'],
  ['near', 'Nearly fired'],
  ['far', 'Far from firing'],
];

function sectionsOf(rules: readonly RuleExplanation[]) {
  return titles
    .map(([verdict, title]) => ({ title, members: rules.filter((rule) => rule.verdict === verdict) }))
    .filter(({ members }) => members.length > 0);
}

function renderUnlisted(unlisted: ExplainedCommand['unlisted'], paint: Paint): string {
  const counts = Object.entries(unlisted);
  if (counts.length === 0) return '';
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  const list = counts.map(([rule, count]) => `${count} ${rule}`).join(', ');
  return `${paint('dim', `${plural(total, 'more rule')} did not fire (${list}); --all shows them`)}\n`;
}
