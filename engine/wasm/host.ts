import { type Builtin, type BuiltinContext, BuiltinError, type BuiltinTable } from '../builtins/value.ts';
import { formatValue, parseValue } from '../builtins/value-text.ts';
import type { PolicyMemory } from './memory.ts';
import { FuelExhausted, PolicyAbort } from './policy-abort.ts';
import type { PolicyExports } from './policy-exports.ts';

/**
 * The module's imports: OPA's WASM ABI 1.x, host side (https://www.openpolicyagent.org/docs/wasm#imports), as OPA's Go
 * SDK does it. Builtins receive and give values in the Rego text form, so sets, keys and numbers keep what they are;
 * a builtin's error makes its expression undefined; any other throw ends the evaluation.
 */
export interface HostOptions {
  readonly memory: PolicyMemory;
  readonly exports: () => PolicyExports;
  readonly builtins: BuiltinTable;
  /** Told of every builtin call that failed, for people who look for the reason of an undefined rule. */
  readonly onBuiltinError: ((name: string, message: string) => void) | undefined;
  readonly onPrint: (line: string) => void;
}

/** One unit of fuel stands for about a nanosecond; a call and its copies cost about this much. */
const callCost = 300;

export class Host implements BuiltinContext {
  now = 0n;
  readonly #options: HostOptions;
  readonly #calls = new Map<number, { name: string; run: Builtin }>();

  constructor(options: HostOptions) {
    this.#options = options;
  }

  /** Gives an id of the module to a builtin; without one of that name, a call of the id ends the evaluation. */
  bind(id: number, name: string): void {
    const run = this.#options.builtins.get(name);
    if (run) this.#calls.set(id, { name, run });
  }

  imports(): WebAssembly.Imports {
    const call = (id: number, _context: number, ...operands: number[]): number => this.#call(id, operands);
    const { memory, onPrint } = this.#options;
    return {
      env: {
        memory: memory.wasm,
        opa_abort: (address: number) => {
          throw new PolicyAbort(memory.readText(address));
        },
        opa_println: (address: number) => {
          onPrint(memory.readText(address));
        },
        opa_builtin0: call,
        opa_builtin1: call,
        opa_builtin2: call,
        opa_builtin3: call,
        opa_builtin4: call,
      },
    };
  }

  charge(units: number): void {
    const { fuel } = this.#options.exports();
    const left = Number(fuel.value) - Math.ceil(units);
    fuel.value = Math.max(left, 0);
    if (left <= 0) throw new FuelExhausted('a builtin took the last fuel');
  }

  fuel(): number {
    return Number(this.#options.exports().fuel.value);
  }

  #call(id: number, addresses: readonly number[]): number {
    const builtin = this.#calls.get(id);
    if (!builtin) throw new Error(`the policy calls builtin ${id}, which it does not declare`);
    const { memory } = this.#options;
    const exports = this.#options.exports();
    const operands = addresses.map((address) => parseValue(memory.readText(exports.opa_value_dump(address))));
    this.charge(callCost);
    try {
      const result = builtin.run(operands, this);
      if (result === undefined) return 0;
      if (result instanceof Promise) throw new Error(`the builtin ${builtin.name} is asynchronous`);
      const text = formatValue(result);
      this.charge(text.length);
      return this.#write(text, exports);
    } catch (error) {
      if (!(error instanceof BuiltinError)) throw error;
      this.#options.onBuiltinError?.(builtin.name, error.message);
      return 0;
    }
  }

  #write(text: string, exports: PolicyExports): number {
    const length = Buffer.byteLength(text);
    const address = exports.opa_malloc(length);
    this.#options.memory.writeText(text, address);
    const value = exports.opa_value_parse(address, length);
    if (value === 0) throw new Error('a builtin gave a value that the policy module does not read');
    return value;
  }
}
