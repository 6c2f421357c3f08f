import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hostBuiltins } from '../../../engine/builtins/host-builtins.ts';
import type { BuiltinContext } from '../../../engine/builtins/value.ts';
import { SallyportError } from '../../../engine/errors.ts';
import { FuelExhausted } from '../../../engine/wasm/policy-abort.ts';
import { readCases } from '../conformance/cases.ts';
import { answer, context } from './support.ts';

/** What OPA's own Go code may not do here; that it answers what OPA answers is held by OPA's conformance cases. */

/** A meter as the policy's own: it throws when there is no fuel left. */
function meter(fuel: number): BuiltinContext & { readonly used: () => number } {
  let left = fuel;
  return {
    ...context,
    fuel: () => left,
    used: () => fuel - left,
    charge(units) {
      left = Math.max(left - Math.ceil(units), 0);
      if (left === 0) throw new FuelExhausted('a builtin took the last fuel');
    },
  };
}

const json = JSON.stringify;

/** Fields that overlap, each with fields that overlap: whether they can be merged is asked of every pair. */
function overlapping(depth: number, width: number): string {
  if (depth === 0) return 'a';
  return `a { ${Array.from({ length: width }, () => overlapping(depth - 1, width)).join(' ')} }`;
}

describe('a hostile operand', () => {
  it.each([
    [
      'a query whose fields overlap',
      `graphql.is_valid(${json(`{ ${overlapping(4, 8)} }`)}, "type Query { a: Query }")`,
    ],
    [
      'a template that counts',
      `strings.render_template(${json('{{range .a}}{{range $.a}}{{range $.a}}{{range $.a}}x{{end}}{{end}}{{end}}{{end}}')}, {"a": ${json(Array(100).fill(0))}})`,
    ],
    [
      'a template that calls itself',
      `strings.render_template(${json('{{define "t"}}{{template "t"}}{{template "t"}}{{end}}{{template "t"}}')}, {})`,
    ],
    [
      'a schema with long patterns',
      `json.match_schema({"a": ${json('a'.repeat(20_000))}}, {"properties": {"a": {"pattern": "^(((a?){50}){50}b)$"}}})`,
    ],
    ['deep brackets', `rego.parse_module("a.rego", ${json(`package a\np := ${'['.repeat(20_000)}`)})`],
  ])('ends: %s', (_name, call) => {
    const outcome = ((): unknown => {
      try {
        return answer(call, meter(20_000_000));
      } catch (error) {
        return error;
      }
    })();
    const ended = outcome instanceof FuelExhausted || outcome instanceof SallyportError || outcome === null;
    expect(ended ? undefined : outcome).toBeUndefined();
    // And the next call is answered as if nothing had been.
    expect(answer('yaml.marshal({"a": [1]})')).toBe(json('a:\n  - 1\n'));
  });

  it('is charged for: more of it takes more fuel', () => {
    const cost = (length: number): number => {
      const metered = meter(500_000_000);
      answer(`graphql.parse_query(${json(`{ ${'a '.repeat(length)} }`)})`, metered);
      return metered.used();
    };
    expect(cost(2000)).toBeGreaterThan(cost(200) * 3);
  });
});

describe('nothing of the outside is seen', () => {
  it.each(['http://127.0.0.1:9/schema', 'https://example.com/schema', 'file:///etc/passwd'])(
    'a schema cannot refer to %s',
    (reference) => {
      expect(answer(`json.verify_schema({"$ref": "${reference}"})`)).toMatch(/^\[false, "jsonschema: /);
    },
  );

  it('a certificate is valid at the time of the decision, not of the clock', () => {
    const found = readCases().cases.find(({ names }) =>
      names.includes('v1/cryptox509parseandverifycertificates/base_case'),
    );
    const pem = /`([^`]+)`/.exec(found?.modules[0] ?? '')?.[1] ?? '';
    const at = (year: number): string | null => {
      const now = BigInt(Date.UTC(year, 0)) * 1_000_000n;
      const verify = `crypto.x509.parse_and_verify_certificates(${json(pem)})`;
      return answer(verify, { ...context, now })?.slice(0, 6) ?? null;
    };
    expect([2020, 2025, 2040].map(at)).toEqual(['[false', '[true,', '[false']);
    const options = `crypto.x509.parse_and_verify_certificates_with_options(${json(pem)}, {"CurrentTime": ${Date.UTC(2025, 0)}000000})`;
    expect(answer(options, { ...context, now: 0n })?.slice(0, 6)).toBe('[true,');
  });

  it('a token expires at the time of the decision', () => {
    const parts = ['{"alg": "HS256"}', '{"exp": 1700000000}'].map((part) => Buffer.from(part).toString('base64url'));
    const text = parts.join('.');
    const token = `${text}.${createHmac('sha256', 'secret').update(text).digest('base64url')}`;
    const verify = `io.jwt.decode_verify("${token}", {"secret": "secret"})`;
    const at = (seconds: bigint): string | null => answer(verify, { ...context, now: seconds * 1_000_000_000n });
    expect(at(1_699_999_999n)).toBe('[true, {"alg": "HS256"}, {"exp": 1700000000}]');
    expect(at(1_700_000_000n)).toBe('[false, {}, {}]');
  });
});

describe('sets and numbers', () => {
  it('cross to Go and back as what they are', () => {
    const request = '{"method": "get", "url": "http://a.example", "body": {2, 9007199254740993, {"x"}}}';
    const config = '{"aws_access_key": "a", "aws_secret_access_key": "s", "aws_service": "s3", "aws_region": "r"}';
    const signed = answer(`providers.aws.sign_req(${request}, ${config}, 0)`);
    expect(signed).toContain('"body": {2, 9007199254740993, {"x"}}');
  });
});

describe('trace', () => {
  it('is true of a text, and nobody reads it', () => {
    expect(answer('trace("here")')).toBe('true');
    expect(answer('trace(1)')).toBeNull();
    expect(hostBuiltins.get('trace')?.(['x'], context)).toBe(true);
  });
});
