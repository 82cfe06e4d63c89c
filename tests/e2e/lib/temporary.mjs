// A directory that goes away with the test process.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export function temporaryDirectory(purpose) {
  const path = mkdtempSync(join(tmpdir(), `w2s-e2e-${purpose}-`));
  process.once('exit', () => rmSync(path, { recursive: true, force: true }));
  return path;
}
