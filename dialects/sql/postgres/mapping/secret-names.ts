/** Words that make a name's value a secret, whoever named it. */
const secretWords = [
  'password',
  'passwd',
  'secret',
  'token',
  'passphrase',
  'credential',
  'apikey',
  'api_key',
  'private_key',
];

/** Options of connections whose values are secrets (libpq) or name where secrets are. */
const secretOptions: ReadonlySet<string> = new Set([
  'password',
  'passfile',
  'sslpassword',
  'sslkey',
  'oauth_client_secret',
]);

/** Settings whose value is a connection string. */
const connectionSettings: ReadonlySet<string> = new Set(['primary_conninfo', 'ssl_passphrase_command']);

export function isSecretName(name: string): boolean {
  const lower = name.toLowerCase();
  return secretOptions.has(lower) || connectionSettings.has(lower) || secretWords.some((word) => lower.includes(word));
}

/** Whether a connection string or URL carries a secret: then all of it is kept out of recordings. */
export function holdsSecret(text: string): boolean {
  const lower = text.toLowerCase();
  if ([...secretOptions].some((option) => lower.includes(option))) return true;
  const scheme = lower.indexOf('://');
  return scheme >= 0 && lower.includes('@', scheme);
}
