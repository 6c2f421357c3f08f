import { type CivilTime, dayNames, dayOfYear, fromSeconds, monthNames, weekday } from './calendar.ts';
import { type Element, parseLayout } from './time-layout.ts';

/** A point in time in a zone. */
export interface ZonedTime {
  /** Seconds since the Unix epoch. */
  readonly seconds: number;
  readonly nanoseconds: number;
  /** Seconds east of UTC. */
  readonly offset: number;
  /** The zone's abbreviation (UTC, CET), asked for only when a layout needs it. */
  readonly abbreviation: () => string;
}

/** Go's Time.Format (Go source: time/format.go). */
export function formatTime(time: ZonedTime, layout: string): string {
  const local = time.seconds + time.offset;
  const civil = fromSeconds(local);
  return parseLayout(layout)
    .map((chunk) => {
      if (chunk.kind === 'literal') return chunk.text;
      if (chunk.kind === 'element') return formatElement(chunk.element, time, civil, local);
      const digits = String(time.nanoseconds).padStart(9, '0').slice(0, chunk.digits).padEnd(chunk.digits, '0');
      if (chunk.exact) return chunk.separator + digits;
      const shown = digits.slice(0, 9).replace(/0+$/, '');
      return shown === '' ? '' : chunk.separator + shown;
    })
    .join('');
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

function formatElement(element: Element, time: ZonedTime, civil: CivilTime, local: number): string {
  const hour12 = civil.hour % 12 === 0 ? 12 : civil.hour % 12;
  switch (element) {
    case 'January':
      return monthNames[civil.month - 1] ?? '';
    case 'Jan':
      return (monthNames[civil.month - 1] ?? '').slice(0, 3);
    case 'Monday':
      return dayNames[weekday(local)] ?? '';
    case 'Mon':
      return (dayNames[weekday(local)] ?? '').slice(0, 3);
    case 'MST':
      return time.abbreviation();
    case '002':
      return String(dayOfYear(civil)).padStart(3, '0');
    case '__2':
      return String(dayOfYear(civil)).padStart(3);
    case '01':
      return two(civil.month);
    case '1':
      return String(civil.month);
    case '02':
      return two(civil.day);
    case '_2':
      return String(civil.day).padStart(2);
    case '2':
      return String(civil.day);
    case '03':
      return two(hour12);
    case '3':
      return String(hour12);
    case '15':
      return two(civil.hour);
    case '04':
      return two(civil.minute);
    case '4':
      return String(civil.minute);
    case '05':
      return two(civil.second);
    case '5':
      return String(civil.second);
    case '06':
      return two(Math.abs(civil.year) % 100);
    case '2006':
      return String(civil.year).padStart(4, '0');
    case 'PM':
      return civil.hour >= 12 ? 'PM' : 'AM';
    case 'pm':
      return civil.hour >= 12 ? 'pm' : 'am';
    default:
      return formatOffset(element, time.offset);
  }
}

/** `-0700` and its kin; those with a Z write UTC as Z. */
function formatOffset(element: string, offset: number): string {
  if (element.startsWith('Z') && offset === 0) return 'Z';
  const digits = element.slice(1);
  const minutes = Math.trunc(offset / 60);
  const magnitude = Math.abs(minutes);
  const colon = digits.includes(':') ? ':' : '';
  const parts = [two(Math.floor(magnitude / 60))];
  if (digits !== '07') parts.push(two(magnitude % 60));
  if (digits === '070000' || digits === '07:00:00') parts.push(two(Math.abs(offset) % 60));
  return (minutes < 0 ? '-' : '+') + parts.join(colon);
}
