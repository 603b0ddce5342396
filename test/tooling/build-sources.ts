/** Before any test: brings the generated parts of `src/` up to date, so that an edited grammar needs no build first. */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const SCRIPT = fileURLToPath(new URL('../../scripts/build-sources.mjs', import.meta.url))

export function setup(): void {
  execFileSync(process.execPath, [SCRIPT, '--if-stale'], { stdio: 'inherit' })
}
