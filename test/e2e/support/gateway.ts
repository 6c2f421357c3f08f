import type { Endpoint } from './endpoint.ts';
import { directly } from './endpoint.ts';
import type { ServerInfo } from './postgres-server.ts';
import type { SubjectName } from './subjects.ts';

export interface Gateway {
  endpoint(subject: SubjectName, database?: string): Endpoint;
  stop(): Promise<void>;
}
export function startGateway(options: { server: ServerInfo; database: string }): Promise<Gateway> {
  return Promise.resolve({
    endpoint: (_: SubjectName, database = options.database) => directly(options.server, database),
    stop: () => Promise.resolve(),
  });
}
