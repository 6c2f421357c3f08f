import { describe, inject } from 'vitest';
import type { Tool } from './installations.ts';
import type { SuiteServer } from './suite-server.ts';

/** Runs the same specification against every PostgreSQL server of this machine. */
export function describeEachServer(title: string, specify: (server: SuiteServer) => void): void {
  describe.each(inject('servers').map((server) => ({ name: server.name, server })))(
    `${title} ($name)`,
    ({ server }) => {
      specify(server);
    },
  );
}

/** As above, for specifications that need a client program; where it is missing they are skipped with its name. */
export function describeWithTool(
  tool: Tool,
  title: string,
  specify: (server: SuiteServer, program: string) => void,
): void {
  const program = inject('tools')[tool];
  if (program === undefined) {
    describe.skip(`${title} (skipped: ${tool} is not installed)`, () => undefined);
    return;
  }
  describeEachServer(title, (server) => {
    specify(server, program);
  });
}
