/** Keys by chance over all views: no state is reached in which drawing or a key fails, or a frame is wider than its room. */
import { describe, expect, test } from 'vitest'
import { drawApp } from '../../src/tui/app/draw-app.js'
import { reduceApp, startApp, type App, type AppEvent, type ShellEffect } from '../../src/tui/app/app.js'
import type { Feed, Reply } from '../../src/tui/app/view.js'
import { partsFor } from '../../src/tui/explorer.js'
import { UNICODE } from '../../src/tui/frame/glyphs.js'
import { lineWidth, plainText } from '../../src/tui/frame/span.js'
import { KeyDecoder } from '../../src/tui/keys/decode-keys.js'
import { denialsView } from '../../src/tui/views/denials-view.js'
import { acme, dayFeed } from './frames.js'
import { anyKey, Chance } from './monkey.js'

const PARTS = partsFor(acme(), UNICODE)
const KEYS = 150
const ROOMS = [
  { columns: 80, rows: 24 },
  { columns: 120, rows: 40 },
  { columns: 250, rows: 60 },
  { columns: 40, rows: 10 },
  { columns: 12, rows: 4 },
  { columns: 1, rows: 1 },
]
const SHOWN = /^[^\p{Cc}\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069]*$/u

class Monkey {
  private readonly chance: Chance
  private readonly decoder = new KeyDecoder()
  private app: App
  readonly seen = new Set<string>()

  constructor(
    seed: number,
    private readonly feed: Feed,
  ) {
    this.chance = new Chance(seed)
    this.app = this.start()
  }

  private start(): App {
    return startApp([denialsView()], { columns: 80, rows: 24 }, this.feed)
  }

  once(): void {
    if (this.chance.below(25) === 0) this.send({ kind: 'resize', ...this.chance.of(ROOMS) })
    if (this.chance.below(40) === 0) this.send({ kind: 'feed', feed: this.feed })
    const inputs = [...this.decoder.push(anyKey(this.chance)), ...this.decoder.flush()]
    for (const input of inputs) this.send({ kind: 'input', input })
    if (this.app.hasQuit) this.app = this.start()
    this.check()
  }

  private send(event: AppEvent): void {
    const { app, effects } = reduceApp(this.app, event, PARTS)
    this.app = app
    for (const { from, effect } of effects) {
      const reply = this.replyTo(effect)
      if (reply !== undefined) this.send({ kind: 'reply', to: from, reply })
    }
  }

  /** As the world outside might: work that ends or is cut off, an editor that spoils a policy, a disk that is full. */
  private replyTo(effect: ShellEffect): Reply | undefined {
    switch (effect.kind) {
      case 'suspend':
      case 'redraw':
      case 'copy':
        return undefined
      case 'write':
        return this.chance.below(2) === 0
          ? { kind: 'written', tag: effect.tag, path: effect.path }
          : { kind: 'failed', tag: effect.tag, message: 'no room is left' }
      case 'edit': {
        const at = this.chance.below(effect.text.length + 1)
        const text = this.chance.below(2) === 0 ? effect.text : `${effect.text.slice(0, at)}{${effect.text.slice(at)}`
        return { kind: 'edited', tag: effect.tag, text }
      }
      case 'work': {
        const work = effect.work()
        for (let steps = 0; steps < 40; steps++) {
          const step = work.next()
          if (step.done === true) return { kind: 'done', tag: effect.tag, value: step.value }
        }
        return undefined
      }
    }
  }

  private check(): void {
    const { columns, rows } = this.app
    const frame = drawApp(this.app, PARTS)
    this.seen.add(this.app.stack.at(-1)?.view.id ?? '')
    if (frame.length > rows) expect.fail(`${frame.length} lines in ${rows} rows`)
    for (const line of frame) {
      const text = plainText(line)
      if (lineWidth(line) > columns) expect.fail(`wider than ${columns}: ${text}`)
      if (!SHOWN.test(text)) expect.fail(`what must not be shown: ${JSON.stringify(text)}`)
    }
  }
}

describe('keys by chance', () => {
  test('no state fails, no frame is too large, nothing hostile is shown', () => {
    const feed = dayFeed()
    const seen = new Set<string>()
    for (const seed of [1, 2, 3, 5, 8, 13]) {
      const monkey = new Monkey(seed, feed)
      for (let key = 0; key < KEYS; key++) monkey.once()
      for (const id of monkey.seen) seen.add(id)
    }
    // Else it has tried nothing.
    expect([...seen]).toEqual(expect.arrayContaining(['denials', 'verdict', 'whatIf', 'fix', 'graph', 'whoCan']))
  })
})
