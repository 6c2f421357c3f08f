import { type CivilTime, dayNames, daysIn, fromSeconds, toSeconds, weekday } from './go/calendar.ts';
import { parseDuration } from './go/duration.ts';
import { formatTime } from './go/time-format.ts';
import { namedLayouts } from './go/time-layout.ts';
import { parseTime, TimeParseError } from './go/time-parse.ts';
import { integer, toBigInt } from './number.ts';
import { intOperand, stringOperand } from './operands.ts';
import { type Builtin, BuiltinError, isArray, isNumber, type RegoValue } from './value.ts';
import { zoneAbbreviation, zoneOffset } from './time-zone.ts';

/** `time.*` (OPA v1/topdown/time.go). Times are nanoseconds since the Unix epoch, within 64 bits. */

interface Moment {
  readonly nanoseconds: bigint;
  readonly zone: string;
  readonly layout: string;
}

const billion = 1_000_000_000n;

function inRange(nanoseconds: bigint): number | bigint {
  if (BigInt.asIntN(64, nanoseconds) !== nanoseconds) throw new BuiltinError('time outside of valid range');
  return integer(nanoseconds);
}

/** An operand that is `ns`, `[ns]`, `[ns, zone]` or `[ns, zone, layout]`. */
function moment(operands: readonly RegoValue[], position: number): Moment {
  const operand = operands[position];
  const [time, zone = '', layout = ''] = isArray(operand) ? operand : [operand];
  if (!isNumber(time)) throw new BuiltinError('operand must be either number (ns) or [number (ns), string (tz)]');
  if (typeof zone !== 'string' || typeof layout !== 'string') throw new BuiltinError('zone and layout must be strings');
  const nanoseconds = toBigInt(time);
  if (nanoseconds === undefined || BigInt.asIntN(64, nanoseconds) !== nanoseconds) {
    throw new BuiltinError('timestamp too big');
  }
  return { nanoseconds, zone, layout };
}

function split(nanoseconds: bigint): { seconds: number; rest: bigint } {
  const rest = ((nanoseconds % billion) + billion) % billion;
  return { seconds: Number((nanoseconds - rest) / billion), rest };
}

function civil({ nanoseconds, zone }: Moment): CivilTime {
  const { seconds } = split(nanoseconds);
  return fromSeconds(seconds + zoneOffset(zone, seconds));
}

function parse(layout: string, value: string): number | bigint {
  try {
    return inRange(parseTime(layout, value));
  } catch (error) {
    throw error instanceof TimeParseError ? new BuiltinError(error.message) : error;
  }
}

function format(operands: readonly RegoValue[]): string {
  const { nanoseconds, zone, layout } = moment(operands, 0);
  const { seconds, rest } = split(nanoseconds);
  const named = layout === '' ? 'RFC3339Nano' : layout;
  return formatTime(
    {
      seconds,
      nanoseconds: Number(rest),
      offset: zoneOffset(zone, seconds),
      abbreviation: () => zoneAbbreviation(zone),
    },
    namedLayouts.get(named) ?? named,
  );
}

/** The point in time of a civil time in a zone, as Go's time.Date guesses it where a clock is set forward or back. */
function fromCivil(time: CivilTime, zone: string): number {
  const local = toSeconds(time);
  let offset = zoneOffset(zone, local);
  if (offset !== 0) {
    const guess = local - offset;
    const there = zoneOffset(zone, guess);
    if (there !== offset) {
      // Whichever offset holds at its own result; before a gap, the one in use before it.
      offset = zoneOffset(zone, local - there) === there ? there : offset;
    }
  } else {
    offset = zoneOffset(zone, local) === 0 ? 0 : offset;
  }
  return local - offset;
}

function addDate(operands: readonly RegoValue[]): number | bigint {
  const start = moment(operands, 0);
  const [years, months, days] = [intOperand(operands, 1), intOperand(operands, 2), intOperand(operands, 3)];
  const time = civil(start);
  const moved = { ...time, year: time.year + years, month: time.month + months, day: time.day + days };
  const seconds = fromCivil(moved, start.zone);
  // Beyond what a date can hold, and far beyond 64 bits of nanoseconds.
  if (!Number.isFinite(seconds)) throw new BuiltinError('time outside of valid range');
  return inRange(BigInt(seconds) * billion + split(start.nanoseconds).rest);
}

/** Years, months, days, hours, minutes and seconds between two times, both in the first one's zone. */
function difference(operands: readonly RegoValue[]): number[] {
  const first = moment(operands, 0);
  const second = moment(operands, 1);
  const [early, late] = first.nanoseconds > second.nanoseconds ? [second, first] : [first, second];
  const a = civil({ ...early, zone: first.zone });
  const b = civil({ ...late, zone: first.zone });
  let [year, month, day] = [b.year - a.year, b.month - a.month, b.day - a.day];
  let [hour, minute, seconds] = [b.hour - a.hour, b.minute - a.minute, b.second - a.second];
  if (seconds < 0) {
    seconds += 60;
    minute -= 1;
  }
  if (minute < 0) {
    minute += 60;
    hour -= 1;
  }
  if (hour < 0) {
    hour += 24;
    day -= 1;
  }
  if (day < 0) {
    day += daysIn(a.year, a.month);
    month -= 1;
  }
  if (month < 0) {
    month += 12;
    year -= 1;
  }
  return [year, month, day, hour, minute, seconds];
}

function duration(operands: readonly RegoValue[]): number | bigint {
  const text = stringOperand(operands, 0);
  const nanoseconds = parseDuration(text);
  if (nanoseconds === undefined) throw new BuiltinError(`time: invalid duration "${text}"`);
  return integer(nanoseconds);
}

export const timeBuiltins: readonly (readonly [string, Builtin])[] = [
  ['time.now_ns', (_operands, context) => integer(context.now)],
  [
    'time.parse_ns',
    (operands) => {
      const layout = stringOperand(operands, 0);
      return parse(namedLayouts.get(layout) ?? layout, stringOperand(operands, 1));
    },
  ],
  ['time.parse_rfc3339_ns', (operands) => parse(namedLayouts.get('RFC3339') ?? '', stringOperand(operands, 0))],
  ['time.parse_duration_ns', duration],
  ['time.format', format],
  [
    'time.date',
    (operands) => {
      const { year, month, day } = civil(moment(operands, 0));
      return [year, month, day];
    },
  ],
  [
    'time.clock',
    (operands) => {
      const { hour, minute, second } = civil(moment(operands, 0));
      return [hour, minute, second];
    },
  ],
  ['time.weekday', (operands) => dayNames[weekday(toSeconds(civil(moment(operands, 0))))]],
  ['time.add_date', addDate],
  ['time.diff', difference],
];
