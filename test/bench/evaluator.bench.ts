import { bench, describe } from 'vitest';
import { maximumFuel, rewriteModule, fuelExport } from '../../engine/wasm/module-rewrite.ts';
import { createPolicyInstance } from '../../engine/wasm/policy-instance.ts';
import { compile, loadPolicySync, now } from '../engine/wasm/support.ts';

/** Time per evaluation: ours, opa-wasm as it is, and opa-wasm with the instrumented module (the price of fuel alone). */

const input = {
  stage: 'command',
  subject: { id: 'agent-1', kind: 'agent', groups: ['billing', 'agents'] },
  command: {
    dialect: 'postgres',
    verb: 'delete',
    effects: ['read', 'delete'],
    targets: [{ kind: 'table', path: ['public', 'users'], access: 'write' }],
    text: 'delete from users where id = 1',
  },
};

function rules(count: number): string {
  const one = (index: number): string =>
    `deny contains {"rule": "r${index}"} if { input.subject.kind == "agent"; some e in input.command.effects; e == "e${index}" }`;
  return Array.from({ length: count }, (_, index) => one(index)).join('\n');
}

for (const count of [1, 20, 100, 500]) {
  const wasm = new Uint8Array(await compile(rules(count), ['deny']));
  const ours = createPolicyInstance({ wasm });
  const plain = loadPolicySync(wasm);
  const metered = loadPolicySync(rewriteModule(wasm).bytes);
  const fuel =
    metered.wasmInstance instanceof WebAssembly.Instance ? metered.wasmInstance.exports[fuelExport] : undefined;

  describe(`${count} rules`, () => {
    bench('Sallyport', () => {
      ours.evaluate(input, 'test/deny', { now });
    });
    bench('opa-wasm', () => {
      plain.evaluate(input);
    });
    bench('opa-wasm, metered', () => {
      if (fuel instanceof WebAssembly.Global) fuel.value = maximumFuel;
      metered.evaluate(input);
    });
  });
}
