import { parseArgs } from 'node:util';

export const parts = [
  'pgbench',
  'bulk',
  'memory',
  'engine',
  'stores',
  'approvals',
  'index',
  'masking',
  'shell',
] as const;
export type Part = (typeof parts)[number];

export interface Options {
  /** Length of one pgbench run, in seconds. */
  readonly seconds: number;
  /** How often every path is measured; the table shows medians. */
  readonly rounds: number;
  /** Idle connections in the memory part. */
  readonly connections: number;
  /** Size of the COPY in megabytes (10^6 bytes) and of the SELECT in rows. */
  readonly copyMegabytes: number;
  readonly selectRows: number;
  /** Approvals whose time is taken, for each store. */
  readonly approvals: number;
  /** Commands in the index that is searched. */
  readonly indexed: number;
  readonly only: readonly Part[];
  /** Run the gateway with --cpu-prof and print where its time goes. */
  readonly profile: boolean;
}

export const usage = `npm run bench -- [options]
  --quick             short runs: for a look, not for a figure
  --seconds N         length of one pgbench run (4)
  --rounds N          runs per path and mode (3)
  --connections N     idle connections for the memory figure (1000)
  --approvals N       approvals that are measured, for each store (500)
  --indexed N         commands in the index that is searched (1000000)
  --only PART,…       ${parts.join(', ')}
  --profile           profile the gateway's CPU time; figures are then those of a profiled process
`;

/** @throws TypeError for an option that does not exist or a value that makes no sense. */
export function readOptions(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      seconds: { type: 'string' },
      rounds: { type: 'string' },
      connections: { type: 'string' },
      approvals: { type: 'string' },
      indexed: { type: 'string' },
      only: { type: 'string' },
      profile: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const number = (name: string, given: string | undefined, usual: number, quick: number) => {
    const value = given === undefined ? (values.quick ? quick : usual) : Number(given);
    if (!Number.isInteger(value) || value < 1) throw new TypeError(`--${name} takes a whole number from 1 on`);
    return value;
  };
  return {
    seconds: number('seconds', values.seconds, 4, 1),
    rounds: number('rounds', values.rounds, 3, 1),
    connections: number('connections', values.connections, 1000, 200),
    copyMegabytes: values.quick ? 20 : 100,
    selectRows: values.quick ? 200_000 : 1_000_000,
    approvals: number('approvals', values.approvals, 500, 50),
    indexed: number('indexed', values.indexed, 1_000_000, 20_000),
    only: values.only === undefined ? parts : values.only.split(',').map(readPart),
    profile: values.profile,
  };
}

function readPart(name: string): Part {
  const part = parts.find((known) => known === name);
  if (part === undefined) throw new TypeError(`--only knows ${parts.join(', ')}; not ${name}`);
  return part;
}
