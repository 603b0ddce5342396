/** Other implementations to compare with: the `openssl` command, and Python's `cryptography`. Absent ones are skipped. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Part of the system, not of a package. */
const OPENSSL = 'openssl'

export function hasProgram(program: string, args: readonly string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore', timeout: 20_000 })
    return true
  } catch {
    return false
  }
}

/** Runs openssl beside files of these contents, by their names; undefined when it exits with another status than 0. */
export function openssl(args: readonly string[], files: Readonly<Record<string, Uint8Array>>): Buffer | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'keyward-openssl-'))
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
    return execFileSync(OPENSSL, args, { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'], timeout: 20_000 })
  } catch {
    return undefined
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** What a Python script prints, given arguments as text. */
export function python(script: string, args: readonly string[]): string {
  return execFileSync('python3', ['-c', script, ...args], { timeout: 60_000 })
    .toString('latin1')
    .trim()
}
