/** What tells of a run of the tests: to whoever looks on, and in CI to the program that counts. */
import type { Reporter, TestCase, TestModule } from 'vitest/node'

const LONG_MS = 120_000

/** Names, every two minutes, what has run for longer than that: a run that is ended from outside says nothing else of it. */
class StillRunning implements Reporter {
  private readonly modules = new Map<TestModule, number>()
  private readonly cases = new Map<TestModule, TestCase>()
  private timer: NodeJS.Timeout | undefined

  onTestRunStart(): void {
    this.timer = setInterval(() => this.tell(), LONG_MS).unref()
  }

  onTestModuleStart(module: TestModule): void {
    this.modules.set(module, performance.now())
  }

  onTestCaseReady(test: TestCase): void {
    this.cases.set(test.module, test)
  }

  onTestModuleEnd(module: TestModule): void {
    this.modules.delete(module)
    this.cases.delete(module)
  }

  onTestRunEnd(): void {
    clearInterval(this.timer)
  }

  private tell(): void {
    for (const [module, sinceMs] of this.modules) {
      const seconds = Math.round((performance.now() - sinceMs) / 1000)
      if (seconds * 1000 < LONG_MS) continue
      const test = this.cases.get(module)?.fullName ?? 'nothing told yet'
      process.stdout.write(`still running after ${seconds} s: ${module.relativeModuleId}: ${test}\n`)
    }
  }
}

export const REPORTERS = ['default', new StillRunning(), ...(process.env['CI'] === undefined ? [] : ['json'])]
