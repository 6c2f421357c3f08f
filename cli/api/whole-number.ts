import { SallyportError } from '../../engine/errors.ts';

/** An option's whole number from 1 on. @throws SallyportError SP_USAGE */
export function wholeNumber(option: string, text: string, most: number): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= most) return number;
  throw new SallyportError('SP_USAGE', `${option} ${text} is not a whole number from 1 to ${most}.`);
}
