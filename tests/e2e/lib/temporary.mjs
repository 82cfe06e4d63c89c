// Directories that go away with the test process.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const made = [];
process.once('exit', () => made.forEach((path) => rmSync(path, { recursive: true, force: true })));

export function temporaryDirectory(purpose) {
  const path = mkdtempSync(join(tmpdir(), `w2s-e2e-${purpose}-`));
  made.push(path);
  return path;
}
