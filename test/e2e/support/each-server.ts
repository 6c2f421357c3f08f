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

type WithTool = (server: SuiteServer, program: string) => void;

/** As above, for specifications that need a client program; where it is missing they are skipped with its name. */
export function describeWithTool(tool: Tool, title: string, specify: WithTool): void {
  withTool(tool, title, (program) => {
    describeEachServer(title, (server) => {
      specify(server, program);
    });
  });
}

/** As above, on one server: for what the gateway does by itself, so that another version would only take as long again. */
export function describeOnceWithTool(tool: Tool, title: string, specify: WithTool): void {
  withTool(tool, title, (program) => {
    describe.each(inject('servers').slice(0, 1))(`${title} ($name)`, (server) => {
      specify(server, program);
    });
  });
}

function withTool(tool: Tool, title: string, specify: (program: string) => void): void {
  const program = inject('tools')[tool];
  if (program !== undefined) specify(program);
  else describe.skip(`${title} (skipped: ${tool} is not installed)`, () => undefined);
}
