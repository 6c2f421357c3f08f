/** The proleptic Gregorian calendar in UTC, on seconds since the Unix epoch. */

export interface CivilTime {
  readonly year: number;
  /** 1 to 12 */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

export const monthNames = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;

export const dayNames = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;

const secondsPerDay = 86_400;

/** Any field may lie outside its range and carries over, as in Go's time.Date. */
export function toSeconds(time: CivilTime): number {
  const date = new Date(0);
  // setUTCFullYear and not Date.UTC, which takes the years 0 to 99 for 1900 to 1999.
  date.setUTCFullYear(time.year, time.month - 1, time.day);
  return date.getTime() / 1000 + time.hour * 3600 + time.minute * 60 + time.second;
}

export function fromSeconds(seconds: number): CivilTime {
  const date = new Date(seconds * 1000);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
  };
}

/** 0 is Sunday. */
export function weekday(seconds: number): number {
  const days = Math.floor(seconds / secondsPerDay);
  return (((days + 4) % 7) + 7) % 7;
}

/** 1 is January 1st. */
export function dayOfYear(time: CivilTime): number {
  const start = toSeconds({ year: time.year, month: 1, day: 1, hour: 0, minute: 0, second: 0 });
  return Math.floor((toSeconds(time) - start) / secondsPerDay) + 1;
}

export function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

export function daysIn(year: number, month: number): number {
  if (month === 2) return isLeap(year) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}
