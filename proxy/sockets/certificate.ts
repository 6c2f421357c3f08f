import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { describeError } from '../log.ts';

/** A certificate with its private key, in PEM. */
export interface CertificatePair {
  readonly certificate: string;
  readonly key: string;
}

/** A certificate that runs out sooner than this is replaced. */
const RENEW_BEFORE_MS = 30 * 24 * 3_600_000;
const VALID_MS = 397 * 24 * 3_600_000;

/**
 * The self-signed certificate kept in `directory` (`tls-certificate.pem`, `tls-key.pem`, mode 0600), made if it is not
 * there or about to run out. Clients can pin it: `sslmode=verify-ca sslrootcert=<directory>/tls-certificate.pem`.
 *
 * @throws the system's error when the directory cannot be written
 */
export async function selfSignedCertificate(directory: string, now = Date.now()): Promise<CertificatePair> {
  const certificatePath = join(directory, 'tls-certificate.pem');
  const keyPath = join(directory, 'tls-key.pem');
  if (existsSync(certificatePath) && existsSync(keyPath)) {
    const pair = { certificate: readFileSync(certificatePath, 'utf8'), key: readFileSync(keyPath, 'utf8') };
    if (validLongEnough(pair.certificate, now)) return pair;
  }
  const names = ['localhost', hostname()];
  const pems = await generate([{ name: 'commonName', value: 'sallyport' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(now - 60_000),
    notAfterDate: new Date(now + VALID_MS),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyCertSign: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          ...[...new Set(names)].map((value) => ({ type: 2 as const, value })),
          { type: 7 as const, ip: '127.0.0.1' },
          { type: 7 as const, ip: '::1' },
        ],
      },
    ],
  });
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  writeFileSync(keyPath, pems.private, { mode: 0o600 });
  writeFileSync(certificatePath, pems.cert, { mode: 0o600 });
  return { certificate: pems.cert, key: pems.private };
}

function validLongEnough(pem: string, now: number): boolean {
  try {
    return Date.parse(new X509Certificate(pem).validTo) - now > RENEW_BEFORE_MS;
  } catch (error) {
    throw new Error(`the kept certificate cannot be read: ${describeError(error)}`, { cause: error });
  }
}
