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

export function cutLine(text: string): LineCuts | undefined {
  const end = text.length - TAIL;
  const hashKey = end + PREV.length + 64;
  if (end < 0 || !text.startsWith(HEAD) || !text.startsWith(PREV, end) || !text.startsWith(HASH, hashKey))
    return undefined;
  const seqEnd = text.indexOf(TIME, HEAD.length);
  const time = seqEnd + TIME.length;
  const timeEnd = text.indexOf('"', time);
  const session = timeEnd + SESSION.length;
  const sessionEnd = text.indexOf('"', session);
  const type = sessionEnd + TYPE.length;
  const body = text.indexOf('"', type) + 1;
  if (!text.startsWith(SESSION, timeEnd) || !text.startsWith(TYPE, sessionEnd) || body > end) return undefined;
  const seq = wholeNumber(text, HEAD.length, seqEnd);
  if (seq === undefined || !text.endsWith('"}') || !isMoment(text, time, timeEnd)) return undefined;
  const prev = text.slice(end + PREV.length, hashKey);
  const hash = text.slice(hashKey + HASH.length, -2);
  const id = text.slice(session, sessionEnd);
  if (!plainId.test(id)) return undefined;
  return {
    seq,
    time: text.slice(time, timeEnd),
    session: id,
    type: text.slice(type, body - 1),
    prev,
    hash,
    body,
    end,
  };
}

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
}

const NOW = ',"input":{"schema":1,"stage":"command","now":"';
const ACTORS = '",';
const STATE = ',"session":';
const COUNTERS = ',"counters":{"commands":';
const DENIED = ',"denied":';
const COMMAND = '}},"command":';
const TEXT = ',"text":"';
const SPAN = '","span":{"start":';
const SPAN_END = ',"end":';
const SECRETS = '},"secrets":';
const PARAMETERS = '},"parameters":[';

export function cutCommand(text: string, { body, end, session }: LineCuts): CommandCuts | undefined {
  if (!text.startsWith(NOW, body)) return undefined;
  const now = body + NOW.length;
  const nowEnd = text.indexOf('"', now);
  const actors = nowEnd + ACTORS.length;
  const actorsEnd = text.indexOf(`${STATE}{`, actors);
  const state = actorsEnd + STATE.length;
  const idKey = `,"id":"${session}","effects":`;
  const stateEnd = text.indexOf(idKey, state);
  if (actorsEnd < 0 || stateEnd < 0 || !text.startsWith(ACTORS, nowEnd) || !isMoment(text, now, nowEnd))
    return undefined;
  const effects = stateEnd + idKey.length;
  const effectsEnd = text.indexOf(COUNTERS, effects);
  const commands = effectsEnd + COUNTERS.length;
  const commandsEnd = text.indexOf(DENIED, commands);
  const denied = commandsEnd + DENIED.length;
  const deniedEnd = text.indexOf('}', denied);
  if (effectsEnd < 0 || commandsEnd < 0 || !text.startsWith(COMMAND, deniedEnd)) return undefined;
  const head = deniedEnd + COMMAND.length;
  const textKey = text.indexOf(TEXT, head);
  const textEnd = text.indexOf(SPAN, textKey + TEXT.length);
  const span = textEnd + SPAN.length;
  const spanStartEnd = text.indexOf(SPAN_END, span);
  const spanEnd = text.indexOf(SECRETS, spanStartEnd);
  if (textKey < 0 || textEnd < 0 || spanStartEnd < 0 || spanEnd < 0) return undefined;
  // Behind the command stand its parameters, or the brace that closes the input.
  const tail = spanEnd + 2;
  const parametersKey = text.indexOf(PARAMETERS, tail);
  const bound = parametersKey >= 0 && parametersKey < end;
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
    now: text.slice(now, nowEnd),
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
    tailEnd: bound ? parametersKey + 1 : end - 1,
    ...(bound ? { parameters: parametersKey + PARAMETERS.length - 1 } : {}),
    parametersEnd: end - 1,
  };
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

/** Of sessions and decisions: without anything that JSON would escape. */
const plainId = /^[\w.-]*$/;
const moment = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;

/** As the gateway writes the time. */
function isMoment(text: string, from: number, to: number): boolean {
  return to - from === 24 && moment.test(text.slice(from, to));
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
