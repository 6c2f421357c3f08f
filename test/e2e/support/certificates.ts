import { generate } from 'selfsigned';

/** A certificate for localhost, signed by itself: the same PEM is what a client trusts (sslrootcert). */
export async function certificateForLocalhost(): Promise<{ key: string; certificate: string }> {
  const made = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  return { key: made.private, certificate: made.cert };
}
