import { accessSync, constants } from 'node:fs';
import { resolve } from 'node:path';
import type { Diagnostic } from '../../engine/contract.ts';
import { isPack, placePath } from '../../engine/policy-sources.ts';
import { isLoopback, parseAddress } from './address.ts';
import type { ConfigPath, Locator } from './locate.ts';
import { policyPlaces } from './policy-places.ts';
import { SallyportError } from '../../engine/errors.ts';
import { webhookUrl } from '../../proxy/notifications/deliver.ts';
import { signingKey } from '../../proxy/notifications/signature.ts';
import { templateProblem } from '../../proxy/notifications/template.ts';
import { suggestion } from './suggest.ts';
import type { ConfigFile, ListenerConfig } from './types.ts';

export interface ReferenceContext {
  readonly locator: Locator;
  /** Directory of the file, for relative paths. */
  readonly directory: string;
  /** Names of the protocols that this gateway speaks. */
  readonly protocols: readonly string[];
}

/** What the schema cannot say: names that lead nowhere, names given twice, files that are not there. */
export function referenceFindings(config: ConfigFile, context: ReferenceContext): Diagnostic[] {
  const { locator, protocols } = context;
  const { listeners, resources, subjects } = config;
  const findings: Diagnostic[] = [];
  const unknownProtocol = (name: string, path: ConfigPath): void => {
    if (protocols.includes(name)) return;
    findings.push(locator.atValue(path, `unknown protocol ${JSON.stringify(name)}`, suggestion(name, protocols)));
  };

  listeners.forEach((listener, index) => {
    const path = ['listeners', index];
    unknownProtocol(listener.protocol, [...path, 'protocol']);
    findings.push(...listenerFindings(listener, path, config, locator));
  });
  resources.forEach((resource, index) => {
    unknownProtocol(resource.protocol, ['resources', index, 'protocol']);
  });
  findings.push(
    ...duplicates(
      listeners.map(({ name }) => name),
      'listener',
      (index) => ['listeners', index, 'name'],
      locator,
    ),
    ...duplicates(boundAddresses(listeners), 'address', (index) => ['listeners', index, 'address'], locator),
    ...duplicates(
      resources.map(({ name }) => name),
      'resource',
      (index) => ['resources', index, 'name'],
      locator,
    ),
    ...duplicates(
      subjects.map(({ id }) => id),
      'subject',
      (index) => ['subjects', index, 'id'],
      locator,
    ),
    ...tokenFindings(config, locator),
    ...apiFindings(config, locator),
    ...channelFindings(config, locator),
    ...fileFindings(config, context),
  );
  return findings;
}

function listenerFindings(
  listener: ListenerConfig,
  path: ConfigPath,
  { resources }: ConfigFile,
  locator: Locator,
): Diagnostic[] {
  const { name, protocol, resource, resources: several } = listener;
  if ((resource === undefined) === (several === undefined)) {
    const message = `listener ${JSON.stringify(name)} must name either one resource or several resources`;
    return [locator.atValue(path, message, 'give "resource: name", or "resources: [name, name]"')];
  }
  const named: [string, ConfigPath][] =
    resource === undefined
      ? (several ?? []).map((one, index) => [one, [...path, 'resources', index]])
      : [[resource, [...path, 'resource']]];
  return named.flatMap(([wanted, at]) => {
    const found = resources.find((one) => one.name === wanted);
    if (found === undefined) {
      const known = resources.map((one) => one.name);
      return [locator.atValue(at, `there is no resource ${JSON.stringify(wanted)}`, suggestion(wanted, known))];
    }
    if (found.protocol === protocol) return [];
    return [locator.atValue(at, `resource ${wanted} speaks ${found.protocol}, its listener ${name} ${protocol}`)];
  });
}

/** Port 0 is never the same twice. */
function boundAddresses(listeners: readonly ListenerConfig[]): (string | undefined)[] {
  return listeners.map(({ address }) => (parseAddress(address)?.port === 0 ? undefined : address));
}

function duplicates(
  names: readonly (string | undefined)[],
  what: string,
  at: (index: number) => ConfigPath,
  locator: Locator,
): Diagnostic[] {
  return names.flatMap((name, index) =>
    name !== undefined && names.indexOf(name) < index
      ? [locator.atValue(at(index), `${what} ${JSON.stringify(name)} is given twice`)]
      : [],
  );
}

/** One token must lead to one subject; else a recording would not say who asked. */
function tokenFindings({ subjects }: ConfigFile, locator: Locator): Diagnostic[] {
  const owners = new Map<string, string>();
  const findings: Diagnostic[] = [];
  subjects.forEach(({ id, tokens = [] }, index) => {
    tokens.forEach(({ sha256 }, number) => {
      const owner = owners.get(sha256);
      if (owner !== undefined) {
        const message = `the token is given twice: for ${JSON.stringify(owner)} and for ${JSON.stringify(id)}`;
        findings.push(locator.atValue(['subjects', index, 'tokens', number, 'sha256'], message));
      }
      owners.set(sha256, id);
    });
  });
  return findings;
}

function apiFindings({ api, store }: ConfigFile, locator: Locator): Diagnostic[] {
  if (api === undefined) return [];
  const findings: Diagnostic[] = [];
  const address = parseAddress(api.address);
  if (address === undefined) findings.push(locator.atValue(['api', 'address'], 'not host:port'));
  else if (api.tls === undefined && !isLoopback(address.host)) {
    const help = 'give api.tls, or a loopback address behind a proxy that ends TLS';
    findings.push(locator.atValue(['api', 'address'], 'tokens would cross a network in the clear', help));
  }
  if (store === 'none') findings.push(locator.atValue(['api'], 'there is nothing to ask without a store'));
  return findings;
}

/** What is read from elsewhere is looked at when the gateway starts. */
function channelFindings({ notifications, store }: ConfigFile, locator: Locator): Diagnostic[] {
  if (notifications === undefined) return [];
  const findings: Diagnostic[] = [];
  if (store === 'none') {
    const help = 'what channels are told waits in the store until they have it: leave store away, or give its url';
    findings.push(locator.atValue(['notifications'], 'there are no channels without a store', help));
  }
  for (const [name, { url, secret, template }] of Object.entries(notifications.channels)) {
    const path = ['notifications', 'channels', name];
    const tried: [string, unknown, (text: string) => unknown][] = [
      ['url', url, webhookUrl],
      ['secret', secret, signingKey],
    ];
    for (const [key, given, read] of tried) {
      const wrong = typeof given === 'string' ? problemOf(() => read(given)) : undefined;
      if (wrong !== undefined) findings.push(locator.atValue([...path, key], wrong.message, wrong.help));
    }
    const problem = template === undefined ? undefined : templateProblem(template);
    if (problem !== undefined)
      findings.push(locator.atValue([...path, 'template'], `the template does not hold: ${problem}`));
  }
  return findings;
}

function problemOf(read: () => unknown): SallyportError | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    return error instanceof SallyportError ? error : new SallyportError('SP_CONFIG_INVALID');
  }
}

function fileFindings(config: ConfigFile, { locator, directory }: ReferenceContext): Diagnostic[] {
  const files: [string | undefined, ConfigPath][] = [
    ...policyPlaces(config),
    ...(config.policies_verification?.keys ?? []).map(({ file }, index): [string, ConfigPath] => [
      file,
      ['policies_verification', 'keys', index, 'file'],
    ]),
    [config.recordings?.signing_key, ['recordings', 'signing_key']],
    [config.api?.tls?.certificate, ['api', 'tls', 'certificate']],
    [config.api?.tls?.key, ['api', 'tls', 'key']],
    ...config.listeners.flatMap(({ tls }, index): [string | undefined, ConfigPath][] => [
      [tls?.certificate, ['listeners', index, 'tls', 'certificate']],
      [tls?.key, ['listeners', index, 'tls', 'key']],
    ]),
    ...config.resources.map(({ target }, index): [string | undefined, ConfigPath] => [
      target.tls?.ca,
      ['resources', index, 'target', 'tls', 'ca'],
    ]),
  ];
  return files.flatMap(([file, path]) => {
    if (file === undefined) return [];
    try {
      const absolute = resolve(directory, placePath(file));
      accessSync(absolute, constants.R_OK);
      return [];
    } catch {
      const help = isPack(file)
        ? 'packs: see policies/packs in the sallyport package'
        : "relative paths start at the file's own directory";
      return [locator.atValue(path, `${file} cannot be read`, help)];
    }
  });
}
