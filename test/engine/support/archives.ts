import { gzipSync } from 'node:zlib';
import { Header, type HeaderData } from 'tar';

/** An archive as anybody could make one, hostile ones too: names as given, in the order given. */
export function tarGz(files: readonly (readonly [name: string, content: string | Uint8Array])[]): Buffer {
  return gzipSync(Buffer.concat([...files.map(([name, content]) => entry(name, content)), Buffer.alloc(1024)]));
}

/** A link instead of a file. */
export function linkEntry(name: string, to: string): Buffer {
  return header({ path: name, type: 'SymbolicLink', linkpath: to, size: 0 });
}

export function entry(name: string, content: string | Uint8Array): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([
    header({ path: name, type: 'File', size: bytes.length }),
    bytes,
    Buffer.alloc((512 - (bytes.length % 512)) % 512),
  ]);
}

function header(data: HeaderData): Buffer {
  const block = Buffer.alloc(512);
  new Header({ mode: 0o600, uid: 0, gid: 0, mtime: new Date(0), ...data }).encode(block, 0);
  return block;
}
