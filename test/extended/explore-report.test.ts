/** The HTML report of the explorer in a browser. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { decisionPage } from '../tui/views/decision-page.js'

/** A program that is waited for stops the test's own clock too. */
const WITHIN_MS = 60_000
const chromium = ['chromium', 'chromium-browser', 'google-chrome'].find(
  (name) => spawnSync(name, ['--version'], { timeout: WITHIN_MS }).status === 0,
)

test.skipIf(chromium === undefined)('is drawn without errors (needs chromium)', { timeout: 180_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'keyward-report-'))
  try {
    const [file, image] = [join(folder, 'report.html'), join(folder, 'report.png')]
    writeFileSync(file, await decisionPage())
    const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run']
    const profile = `--user-data-dir=${join(folder, 'profile')}`
    const args = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', ...quiet, profile]
    const url = `file://${file}`
    execFileSync(chromium!, [...args, '--window-size=1000,2400', `--screenshot=${image}`, url], {
      stdio: 'ignore',
      timeout: WITHIN_MS,
    })
    const png = readFileSync(image)
    expect(png.subarray(1, 4).toString()).toBe('PNG')
    expect(png.readUInt32BE(16)).toBe(1000)
    // A page that shows nothing is a few kilobytes.
    expect(png.length).toBeGreaterThan(50_000)
    const dom = execFileSync(chromium!, [...args, '--dump-dom', url], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: WITHIN_MS,
    })
    expect(dom).toContain('</svg></figure>')
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
})
