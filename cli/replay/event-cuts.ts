import type { EventLinks } from '../../proxy/recorder/chain-follower.ts';

/**
 * Where the members of a line stand, for lines in the layout in which the recorder writes them (proxy/recorder/events.ts).
 * Offsets are of the line's bytes, taken as latin1 text. The cuts are looked for by keys: inside of a JSON string no
 * quote stands by itself, so a key between quotes is a key; that it is the right one, and not the same key deeper down,
 * shows when what was cut is JSON by itself.
 */
export interface LineCuts extends EventLinks {
  readonly time: string;
  /** Behind the type. */
  readonly body: number;
  /** Before `,"prev"`. */
  readonly end: number;
}

const HEAD = '{"schema":1,"seq":';
const TIME = ',"time":"';
const SESSION = '","session":"';
const TYPE = '","type":"';
const PREV = ',"prev":"';
const HASH = '","hash":"';
/** `,"prev":"<64>","hash":"<64>"}` */
const TAIL = PREV.length + 64 + HASH.length + 64 + 2;

/** @param before the line before it: most have the session and many the time of that one */
export function cutLine(text: string, before?: LineCuts): LineCuts | undefined {
  const end = text.length - TAIL;
  const hashKey = end + PREV.length + 64;
  if (end < 0 || !stands(text, HEAD, 0) || !stands(text, PREV, end) || !stands(text, HASH, hashKey)) return undefined;
  const seqEnd = text.indexOf(TIME, HEAD.length);
  const seq = wholeNumber(text, HEAD.length, seqEnd);
  const at = seqEnd + TIME.length;
  const timeEnd = at + MOMENT_LENGTH;
  const from = timeEnd + SESSION.length;
  if (seq === undefined || !text.endsWith('"}') || !stands(text, SESSION, timeEnd)) return undefined;
  const time = before?.time === text.slice(at, timeEnd) ? before.time : momentAt(text, at);
  const session = before !== undefined && isSession(text, from, before.session) ? before.session : idAt(text, from);
  if (time === undefined || session === undefined) return undefined;
  const type = from + session.length + TYPE.length;
  const body = text.indexOf('"', type) + 1;
  if (!stands(text, TYPE, from + session.length) || body === 0 || body > end) return undefined;
  return {
    seq,
    time,
    session,
    type: typeAt(text, type, body - 1),
    prev: text.slice(end + PREV.length, hashKey),
    hash: text.slice(hashKey + HASH.length, -2),
    body,
    end,
  };
}

function isSession(text: string, from: number, session: string): boolean {
  return stands(text, session, from) && text.charCodeAt(from + session.length) === 0x22;
}

function idAt(text: string, from: number): string | undefined {
  const id = text.slice(from, text.indexOf('"', from));
  return plainId.test(id) ? id : undefined;
}

/** The types that most lines have, without a new text for each line. */
function typeAt(text: string, from: number, to: number): string {
  return frequentTypes.find((type) => type.length === to - from && stands(text, type, from)) ?? text.slice(from, to);
}

const frequentTypes = ['command', 'decision', 'result'];

/** Members of a command event; each ends before the next one's key. */
export interface CommandCuts {
  readonly now: string;
  /** `"subject":…,"resource":…,"client":…` */
  readonly actors: number;
  readonly actorsEnd: number;
  /** `{"user":…`, without the brace that closes it. */
  readonly state: number;
  readonly stateEnd: number;
  /** `[…]` */
  readonly effects: number;
  readonly effectsEnd: number;
  readonly commands: number;
  readonly denied: number;
  /** `{"dialect":…`, up to `,"text":"`, without a closing brace. */
  readonly head: number;
  readonly text: number;
  readonly textEnd: number;
  readonly spanStart: number;
  readonly spanEnd: number;
  /** `"secrets":…,"attributes":…}` */
  readonly tail: number;
  readonly tailEnd: number;
  /** `[…]` */
  readonly parameters?: number;
  readonly parametersEnd: number;
  /** `{"columns":[…]}` */
  readonly result?: number;
  readonly resultEnd: number;
}

const NOW = ',"input":{"schema":1,"stage":"command","now":"';
const ACTORS = '",';
const STATE = ',"session":';
const OPEN_STATE = `${STATE}{`;
const COUNTERS = ',"counters":{"commands":';
const DENIED = ',"denied":';
const COMMAND = '}},"command":';
const TEXT = ',"text":"';
const SPAN = '","span":{"start":';
const SPAN_END = ',"end":';
const SECRETS = '},"secrets":';
const PARAMETERS = '},"parameters":[';
const RESULT = ',"result":{"columns":[';
const RESULT_KEY = ',"result":'.length;

/** Members as they stood in the command event before, which is where to look for the end of this one's. */
export interface CommandGuess {
  readonly actors: string;
  readonly state: string;
  readonly effects: string;
}

export function cutCommand(
  text: string,
  { body, end, session }: LineCuts,
  guess?: CommandGuess,
): CommandCuts | undefined {
  if (!stands(text, NOW, body)) return undefined;
  const nowFrom = body + NOW.length;
  const nowEnd = nowFrom + MOMENT_LENGTH;
  const now = momentAt(text, nowFrom);
  const actors = nowEnd + ACTORS.length;
  const actorsEnd = endOf(text, actors, OPEN_STATE, guess?.actors);
  const state = actorsEnd + STATE.length;
  const idKey = `,"id":"${session}","effects":`;
  const stateEnd = endOf(text, state, idKey, guess?.state);
  if (actorsEnd < 0 || stateEnd < 0 || now === undefined || !stands(text, ACTORS, nowEnd)) return undefined;
  const effects = stateEnd + idKey.length;
  const effectsEnd = endOf(text, effects, COUNTERS, guess?.effects);
  const commands = effectsEnd + COUNTERS.length;
  const commandsEnd = text.indexOf(DENIED, commands);
  const denied = commandsEnd + DENIED.length;
  const deniedEnd = text.indexOf('}', denied);
  if (effectsEnd < 0 || commandsEnd < 0 || !stands(text, COMMAND, deniedEnd)) return undefined;
  const head = deniedEnd + COMMAND.length;
  const textKey = text.indexOf(TEXT, head);
  const textEnd = text.indexOf(SPAN, textKey + TEXT.length);
  const span = textEnd + SPAN.length;
  const spanStartEnd = text.indexOf(SPAN_END, span);
  const spanEnd = text.indexOf(SECRETS, spanStartEnd);
  if (textKey < 0 || textEnd < 0 || spanStartEnd < 0 || spanEnd < 0) return undefined;
  // Behind the command stand its parameters, its result, or the brace that closes the input.
  const tail = spanEnd + 2;
  const result = resultKey(text, tail, end);
  const beforeResult = result ?? end - 1;
  const parametersKey = text.indexOf(PARAMETERS, tail);
  const bound = parametersKey >= 0 && parametersKey < beforeResult;
  const numbers = [
    wholeNumber(text, commands, commandsEnd),
    wholeNumber(text, denied, deniedEnd),
    wholeNumber(text, span, spanStartEnd),
    wholeNumber(text, spanStartEnd + SPAN_END.length, spanEnd),
  ] as const;
  const [commandCount, deniedCount, spanFrom, spanTo] = numbers;
  if (commandCount === undefined || deniedCount === undefined || spanFrom === undefined || spanTo === undefined)
    return undefined;
  if (text.charCodeAt(end - 1) !== 0x7d) return undefined;
  return {
    now,
    actors,
    actorsEnd,
    state,
    stateEnd,
    effects,
    effectsEnd,
    commands: commandCount,
    denied: deniedCount,
    head,
    text: textKey,
    textEnd,
    spanStart: spanFrom,
    spanEnd: spanTo,
    tail,
    tailEnd: bound ? parametersKey + 1 : beforeResult,
    ...(bound ? { parameters: parametersKey + PARAMETERS.length - 1 } : {}),
    parametersEnd: beforeResult,
    ...(result === undefined ? {} : { result: result + RESULT_KEY }),
    resultEnd: end - 1,
  };
}

/** Where the key of the result stands. A line without one ends otherwise: its command's attributes are an object, its parameters a list. */
function resultKey(text: string, from: number, end: number): number | undefined {
  if (!stands(text, ']}}', end - 3)) return undefined;
  const at = text.indexOf(RESULT, from);
  return at >= 0 && at < end ? at : undefined;
}

/** `ruling` is `"revision":…}`, the decision without its id. */
export function cutDecision(
  text: string,
  { body, end }: LineCuts,
): { readonly command: number; readonly ruling: number } | undefined {
  const command = body + ',"command":'.length;
  const idKey = text.indexOf(',"decision":{"id":"', command);
  if (idKey < 0 || idKey > end || !text.startsWith(',"command":', body)) return undefined;
  const idEnd = text.indexOf('"', idKey + ',"decision":{"id":"'.length);
  const number = wholeNumber(text, command, idKey);
  const id = text.slice(idKey + ',"decision":{"id":"'.length, idEnd);
  if (number === undefined || !text.startsWith('","revision":', idEnd) || !plainId.test(id)) return undefined;
  return { command: number, ruling: idEnd + 2 };
}

/** As `text.startsWith(part, at)`, which V8 compares by characters; two texts it compares by words of memory. */
function stands(text: string, part: string, at: number): boolean {
  return text.slice(at, at + part.length) === part;
}

/** Of sessions and decisions: without anything that JSON would escape. */
const plainId = /^[\w.-]*$/;
const MOMENT_LENGTH = 24;
const moment = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;

/** The time, as the gateway writes it. */
function momentAt(text: string, from: number): string | undefined {
  const time = text.slice(from, from + MOMENT_LENGTH);
  return moment.test(time) ? time : undefined;
}

/**
 * Where a member ends, before the next one's key. No key overlaps itself, so where the guessed text stands before the
 * key, no other occurrence of the key can begin inside of it: it held none when it was cut.
 */
function endOf(text: string, from: number, key: string, guess: string | undefined): number {
  if (guess !== undefined) {
    const end = from + guess.length;
    if (stands(text, key, end) && stands(text, guess, from)) return end;
  }
  return text.indexOf(key, from);
}

/** Digits as JSON writes a whole number, at most as many as are exact. */
function wholeNumber(text: string, from: number, to: number): number | undefined {
  if (to <= from || to - from > 15) return undefined;
  let value = 0;
  for (let index = from; index < to; index++) {
    const digit = text.charCodeAt(index) - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  // JSON knows no leading zeros.
  return text.charCodeAt(from) === 0x30 && to - from > 1 ? undefined : value;
}
