// Writes expected.json: what Regal itself, built for this machine, finds in files/, in the versions that the artifact is
// built of. `node test/engine/linter/regal/generate.js` needs Go.
import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const files = fileURLToPath(new URL('./files/', import.meta.url));
/** The artifact's sources: its go.mod names the versions. */
const modules = fileURLToPath(new URL('../../../../engine/linter/go/', import.meta.url));

const source = `package main

import (
	"context"
	"encoding/json"
	"os"

	"github.com/styrainc/regal/pkg/linter"
)

func main() {
	report, err := linter.NewLinter().WithInputPaths([]string{"."}).Lint(context.Background())
	if err != nil {
		panic(err)
	}
	_ = json.NewEncoder(os.Stdout).Encode(report)
}
`;

const folder = await mkdtemp(join(tmpdir(), 'sallyport-regal-'));
try {
  const program = await build();
  await cp(files, join(folder, 'files'), { recursive: true });
  const found = await lint(program, join(folder, 'files'));
  await writeFile(new URL('./expected.json', import.meta.url), `${JSON.stringify(found, undefined, 2)}\n`);
  console.log(`${found.length} findings`);
} finally {
  await rm(folder, { recursive: true, force: true });
}

/**
 * Regal's own linter as a program. (Its command line does not build with this OPA: a table library's interface changed.)
 */
async function build() {
  await cp(modules, folder, { recursive: true, filter: (source) => !source.endsWith('.go') });
  await writeFile(join(folder, 'main.go'), source);
  const program = join(folder, 'regal');
  await run('go', ['build', '-o', program, '.'], { cwd: folder });
  return program;
}

/** @param {string} program @param {string} cwd */
async function lint(program, cwd) {
  const { stdout } = await run(program, [], { cwd, maxBuffer: 64 << 20 });
  /** @type {unknown} */
  const report = JSON.parse(stdout);
  const { violations } = /** @type {{ violations: { category: string, title: string, location: Location }[] }} */ (
    report
  );
  return violations
    .map(
      ({ category, title, location: { file, row, col, end } }) =>
        `${file}:${row}:${col}-${end?.row ?? ''}:${end?.col ?? ''} ${category}/${title}`,
    )
    .sort();
}

/** @typedef {{ file: string, row: number, col: number, end?: { row: number, col: number } }} Location */
