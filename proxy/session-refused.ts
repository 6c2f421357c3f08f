import { SallyportError } from '../engine/errors.ts';
import type { Refusal } from './protocol.ts';

/** A client that is who it says it is, and that the policy does not let in: the refusal has the rules' own words. */
export class SessionRefused extends SallyportError {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.code, refusal.message, refusal.hint === undefined ? {} : { help: refusal.hint });
    this.name = 'SessionRefused';
    this.refusal = refusal;
  }
}
