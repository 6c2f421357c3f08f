import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { toBytes } from './bytes.ts';
import { stringOperand } from './operands.ts';
import type { Builtin, BuiltinContext, RegoValue } from './value.ts';

/** Digests and HMACs of `crypto.*` (OPA v1/topdown/crypto.go), in lowercase hex. */

function digest(algorithm: string): Builtin {
  return (operands, context) => {
    const text = stringOperand(operands, 0);
    context.charge(1000 + text.length * 4);
    return createHash(algorithm).update(text, 'utf8').digest('hex');
  };
}

function hmac(algorithm: string): Builtin {
  return (operands, context) => {
    const message = stringOperand(operands, 0);
    const key = stringOperand(operands, 1);
    context.charge(2000 + (message.length + key.length) * 4);
    return createHmac(algorithm, toBytes(key)).update(message, 'utf8').digest('hex');
  };
}

/** Takes the same time for equal lengths, whatever the texts are. */
function equal(operands: readonly RegoValue[], context: BuiltinContext): boolean {
  const a = toBytes(stringOperand(operands, 0));
  const b = toBytes(stringOperand(operands, 1));
  context.charge(a.length + b.length);
  return a.length === b.length && timingSafeEqual(a, b);
}

export const cryptoBuiltins: readonly (readonly [string, Builtin])[] = [
  ['crypto.md5', digest('md5')],
  ['crypto.sha1', digest('sha1')],
  ['crypto.sha256', digest('sha256')],
  ['crypto.hmac.md5', hmac('md5')],
  ['crypto.hmac.sha1', hmac('sha1')],
  ['crypto.hmac.sha256', hmac('sha256')],
  ['crypto.hmac.sha512', hmac('sha512')],
  ['crypto.hmac.equal', equal],
];
